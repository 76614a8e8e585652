import { verifyTarball } from '../../operations/verify-tarball.js';
import { signersOf } from '../../release/proof.js';
import { notAuthentic } from '../../release/signature/judge.js';
import type { Finding } from '../../release/signature/finding.js';
import { KIND_NAMES, showKey } from '../../release/signature/keys.js';
import type { VerifiedRelease } from '../../release/verify.js';
import { versionName } from '../../release/format.js';
import { bytes, grouped, list, moment } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { VERIFY_OPTIONS } from './release.js';

export async function verify(
  context: CommandContext<typeof VERIFY_OPTIONS>,
): Promise<OutcomeOf<'release verify'>> {
  const { host, ui, values } = context;
  const tarball = await context.need('tarball');
  const { installScript, keyFile } = values;
  const verified = await verifyTarball(tarball, { installScript, keyFile }, host, ui);
  const { facts, signatures, verdict } = verified;
  const signedBy = signersOf(verdict);
  const result = { tarball, ...facts, authentic: verdict.authentic, signatures, signedBy };
  for (const line of table(verified)) ui.say(line);
  if (!verdict.authentic) throw notAuthentic(verdict, result);
  return { changed: false, result, text: `\n${inWords(verdict.by)}.` };
}

function inWords(by: readonly Extract<Finding, { state: 'valid' }>[]): string {
  const carried = by.find(({ key }) => key.origin === 'house');
  if (carried !== undefined)
    return `Not signed by Sandstorm; your own house vouches for it, in ${carried.file}`;
  return `Signed by a trusted key (${list(by.map(({ kind }) => KIND_NAMES[kind]))})`;
}

function table({ facts, signatures }: VerifiedRelease): string[] {
  const { build, sha256, entries, packedBytes, unpackedBytes } = facts;
  const mongo = facts.hasMongod7 ? ', carries MongoDB 7' : '';
  return [
    row('Build', `${String(build)} (${versionName(build)})${mongo}`),
    row('SHA-256', sha256),
    row('Entries', grouped(entries)),
    row('Size', `${bytes(packedBytes)}, ${bytes(unpackedBytes)} unpacked`),
    ...signatures.flatMap(signatureRows),
  ];
}

function signatureRows(finding: Finding): string[] {
  const [first, ...rest] = said(finding);
  return [row(KIND_NAMES[finding.kind], first), ...rest.map((line) => row('', line))];
}

/** First line: the verdict. */
function said(finding: Finding): readonly [string, ...string[]] {
  switch (finding.state) {
    case 'absent':
      return [`no signature (${finding.file})`];
    case 'valid': {
      const { key, madeAt } = finding;
      const since = madeAt === undefined ? '' : `, made ${moment(madeAt)}`;
      return [`valid${since}`, `key ${showKey(key)}, ${ORIGINS[key.origin]}`];
    }
    case 'wrong':
      return ['WRONG', finding.why];
    case 'unknown-key':
      return [finding.matches ? 'key not trusted' : 'key not at hand', finding.why];
    case 'weak':
      return ['proves nothing', finding.why];
    case 'malformed':
      return ['NOT A SIGNATURE', finding.why];
  }
}

const ORIGINS = {
  'built-in': 'built in',
  store: 'added by hand (trust list)',
  house: 'of the house (key list)',
} as const;

function row(name: string, value: string): string {
  return `  ${name.padEnd(10)}${value}`;
}
