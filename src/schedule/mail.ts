import { visitLine, type Visit } from './visit.js';

export interface Letter {
  readonly to: readonly string[];
  /** Who the server is, for whoever has several: its address. */
  readonly server: string;
  readonly visit: Visit;
}

/**
 * A message for `sendmail -t` (RFC 5322): it takes those it is for from the headers. No From: the mail system of the
 * machine knows its own. Pure.
 */
export function letterText({ to, server, visit }: Letter): string {
  return [
    `To: ${to.join(', ')}`,
    `Subject: ${encodedWord(`Sandstorm ${server}: ${SUBJECTS[visit.outcome] ?? visit.outcome}`)}`,
    // So that nobody's "I am on holiday" comes back, and none of it is answered by a machine.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    wrapped(Buffer.from(body(visit)).toString('base64')),
    '',
  ].join('\n');
}

const SUBJECTS: Readonly<Partial<Record<Visit['outcome'], string>>> = {
  updated: 'updated',
  'not-ready': 'not updated, nothing was touched',
  failed: 'the update FAILED',
};

function body(visit: Visit): string {
  const { at, home, tarball, hint, remarks, run } = visit;
  const rows: [string, string | null][] = [
    ['When', at],
    ['Server', home],
    ['Tarball', tarball === null ? null : `${tarball.path}, build ${String(tarball.build)}`],
    ['SHA-256', tarball?.sha256 ?? null],
    ['Journal', run],
  ];
  return [
    visitLine(visit),
    '',
    ...rows.flatMap(([word, text]) => (text === null ? [] : [`${word.padEnd(9)}${oneLine(text)}`])),
    ...(remarks.length === 0 ? [] : ['', 'Checks:', ...remarks.map((remark) => `- ${oneLine(remark)}`)]),
    ...(hint === null ? [] : ['', `Next: ${hint}`]),
    ...(visit.outcome === 'failed'
      ? ['', 'This tarball is not tried again by itself. To let it: sandstorm-airgap schedule retry']
      : []),
    '',
  ].join('\n');
}

/** RFC 2047, each word short enough, none in the middle of a character. */
function encodedWord(text: string): string {
  const plain = oneLine(text);
  if (/^[\x20-\x7e]*$/.test(plain) && plain.length < 200) return plain;
  const words: string[] = [];
  let word = '';
  for (const letter of plain.slice(0, 300)) {
    if (Buffer.byteLength(word + letter) > 42) {
      words.push(word);
      word = '';
    }
    word += letter;
  }
  return [...words, word].map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`).join('\n ');
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

const wrapped = (base64: string): string => base64.replace(/.{76}(?=.)/g, '$&\n');
