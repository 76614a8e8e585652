/** A secret of this very server, wherever else it may turn up. */
export interface KnownSecret {
  /** "MAIL_URL" */
  readonly name: string;
  readonly value: string;
}

/** Shorter ones are in every other word. */
const SHORTEST = 4;
/** From here on it is looked for also with line ends in the middle. */
const SPLIT_FROM = 8;

/**
 * What finds a known secret: as it is, broken over lines, in a URL, in JSON, as hexadecimal digits, and in base64 at
 * whichever of the three places it may begin. undefined when there is none worth looking for. Pure.
 */
export function knownPattern(secrets: readonly KnownSecret[]): RegExp | undefined {
  const exact = new Set<string>();
  const broken = new Set<string>();
  for (const { value } of secrets) {
    if (value.length < SHORTEST) continue;
    exact.add(value);
    exact.add(encodeURIComponent(value));
    exact.add(encodeURIComponent(value).toLowerCase());
    exact.add(JSON.stringify(value).slice(1, -1));
    const bytes = Buffer.from(value);
    exact.add(bytes.toString('hex'));
    exact.add(bytes.toString('hex').toUpperCase());
    for (const run of base64Cores(bytes)) {
      exact.add(run);
      exact.add(run.replaceAll('+', '-').replaceAll('/', '_'));
    }
    if (value.length >= SPLIT_FROM) broken.add(value);
  }
  const parts = [
    ...[...broken].map((value) => Array.from(value, (letter) => escaped(letter)).join(BREAK)),
    ...[...exact].sort((a, b) => b.length - a.length).map(escaped),
  ];
  return parts.length === 0 ? undefined : new RegExp(parts.join('|'), 'g');
}

/** A line's end, also as it is written within a string, with what mails and logs put around it. */
const BREAK = '(?:=?\\n[ \\t>]{0,8}|\\\\n)?';

/** The digits that the value alone decides, for each place in a group of three bytes at which it may begin. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const ragged = (before + bytes.length) % 3 === 0 ? 0 : 1;
    const core = whole.slice(before === 0 ? 0 : before + 1, whole.length - ragged);
    return core.length < 6 ? [] : [core];
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
