import { fileHash } from '../file-hash.js';
import { houseWordFor, type HouseWord } from '../kit/vouch.js';
import type { Finding, Findings } from '../release/signature/finding.js';
import type { Verdict } from '../release/signature/judge.js';
import type { Host } from '../system/host.js';

interface Seen {
  /** Of the very bytes that were judged. */
  readonly sha256: string;
  readonly signatures: Findings;
  readonly verdict: Verdict;
}

/**
 * A release that nobody has signed, or nobody who is known here, and that came in a kit of the house: the kit's own
 * manifest vouches for it. A signature beside it that is wrong or broken is not outweighed by that, unless it is the one
 * that the kit brought: an ed25519 signature does not say whose it is, and looks wrong where its key is not known.
 * @param known a kit that is being looked at, and not taken in
 * @throws Refusal as houseWordFor
 */
export async function orByHouse(
  { verdict, sha256, signatures }: Seen,
  known: HouseWord | undefined,
  host: Host,
): Promise<Verdict> {
  if (verdict.authentic) return verdict;
  const word = known?.sha256 === sha256 ? known : await houseWordFor(sha256, host);
  if (word === undefined) return verdict;
  for (const finding of signatures) {
    if (isAgainst(finding) && !(await came(finding.file, word, host))) return verdict;
  }
  const key = { kind: 'ed25519', fingerprint: word.key.toUpperCase(), origin: 'house' } as const;
  return { authentic: true, by: [{ kind: 'ed25519', state: 'valid', file: `kit ${word.kit}`, key }] };
}

function isAgainst({ state }: Finding): boolean {
  return state === 'wrong' || state === 'malformed';
}

async function came(file: string, { signatures }: HouseWord, host: Host): Promise<boolean> {
  const isFile = (await host.files.lstat(file))?.kind === 'file';
  return isFile && signatures.includes(await fileHash(file, host));
}
