/** The bytes are no sound Cap'n Proto message. The text is a clause: "a pointer in it leads outside". */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}
