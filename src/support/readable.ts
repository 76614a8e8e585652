/* eslint-disable no-control-regex -- control characters are what is looked for */

/**
 * A text in the one form in which secrets are looked for: without colours, control characters and letters that nobody
 * sees, which would stand between its parts, and with written-out characters (`\u0040`, `&#64;`, `\/`) as themselves.
 * Pure, linear.
 */
export function readable(text: string): string {
  return text
    .replaceAll(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
    .replaceAll(/\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, '')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
    .replaceAll(/[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, '')
    .replaceAll(/\\u00([2-7][0-9a-f])/gi, (whole, hex: string) => visible(parseInt(hex, 16), whole))
    .replaceAll(/&#(?:x([0-9a-f]{2})|(\d{2,3}));/gi, (whole, hex?: string, decimal?: string) =>
      visible(hex === undefined ? Number(decimal) : parseInt(hex, 16), whole),
    )
    .replaceAll(/\\+\//g, '/');
}

/** Quotes and backslashes stay as they were written: they end strings. */
function visible(code: number, written: string): string {
  const letter = String.fromCharCode(code);
  return code > 0x20 && code < 0x7f && !'"\'\\'.includes(letter) ? letter : written;
}

/** The text behind %40 and the like; bytes that are no UTF-8 become marks. Pure. */
export function percentDecoded(text: string): string {
  const bytes = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  // Whatever was above ASCII before the decoding has to stay out of it.
  return /[^\0-\xff]/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The text behind base64, when there is one. Pure. */
export function base64Decoded(run: string): string | undefined {
  const bytes = Buffer.from(run, 'base64');
  if (bytes.length < 6) return undefined;
  const text = bytes.toString('utf8');
  const odd = text.match(/[\u0000-\u0008\u000e-\u001f\ufffd]/g)?.length ?? 0;
  return odd * 10 > text.length ? undefined : text;
}
