/** `length` bytes nobody can guess. */
export function randomBytes(length: number): Uint8Array {
  // Loaded when it is needed: node's crypto takes longer than all else that `status` loads.
  return process.getBuiltinModule('node:crypto').randomFillSync(new Uint8Array(length));
}

/** `length` bytes that nobody has had by chance, and that are no secret. */
export function freshBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(Math.random() * 256));
}

/** The same as hex digits, two a byte: for names of files and folders. */
export function randomHex(length: number): string {
  return Buffer.from(randomBytes(length)).toString('hex');
}
