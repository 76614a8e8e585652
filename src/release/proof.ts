import { list } from '../words.js';
import type { Findings } from './signature/finding.js';
import { notAuthentic, type Verdict } from './signature/judge.js';
import { KIND_NAMES, type KeyName, type TrustedKey } from './signature/keys.js';

/** What vouches for a tarball. Plain data: part of a plan. */
export interface Proof {
  /** Of the tarball as it lay there, 64 hexadecimal digits: those bytes were signed. */
  readonly sha256: string;
  /** Keys whose signatures are right; none of a tarball that is not signed. */
  readonly signedBy: readonly TrustedKey[];
  /** It is not signed, and was taken all the same because --allow-unsigned said so. */
  readonly unsignedAllowed: boolean;
  /** A key that counts because of --trust-key, and is remembered when the plan is carried out. */
  readonly newTrust: NewTrust | null;
}

export interface NewTrust extends KeyName {
  readonly reason: string;
}

export interface Judged {
  readonly tarball: string;
  readonly sha256: string;
  readonly signatures: Findings;
  readonly verdict: Verdict;
}

/**
 * Pure: the proof, or the refusal. Only the absence of any signature can be allowed. One that is there and
 * cannot be checked may as well be a wrong one, and whoever knows better can take it away.
 * @throws Refusal E_TARBALL_UNSIGNED, E_SIGNATURE_WRONG, E_SIGNATURE_UNTRUSTED_KEY, E_SIGNATURE_FORMAT
 */
export function requireProof(
  { tarball, sha256, signatures, verdict }: Judged,
  allowUnsigned: boolean,
  newTrust: NewTrust | null,
): Proof {
  if (verdict.authentic) {
    return { sha256, signedBy: signersOf(verdict), unsignedAllowed: false, newTrust };
  }
  if (verdict.code !== 'E_TARBALL_UNSIGNED' || !allowUnsigned) {
    throw notAuthentic(verdict, { tarball, sha256, signatures });
  }
  return { sha256, signedBy: [], unsignedAllowed: true, newTrust };
}

/** Whose word counts for it; none where it is not authentic. Pure. */
export function signersOf(verdict: Verdict): readonly TrustedKey[] {
  if (!verdict.authentic) return [];
  return verdict.by.map(({ key: { kind, fingerprint, origin } }) => ({ kind, fingerprint, origin }));
}

/** "signed by Sandstorm (ed25519 and OpenPGP)", "signed by a key you trust (OpenPGP)", "not signed, as allowed" */
export function proofWords({ signedBy }: Pick<Proof, 'signedBy'>): string {
  const by = (origin: TrustedKey['origin'], who: string): string[] => {
    const kinds = signedBy.filter((key) => key.origin === origin).map(({ kind }) => KIND_NAMES[kind]);
    return kinds.length === 0 ? [] : [`${who} (${list(kinds)})`];
  };
  const signers = [
    ...by('built-in', 'Sandstorm'),
    ...by('store', 'a key you trust'),
    ...by('house', 'your own house, in its transfer kit'),
  ];
  return signers.length === 0 ? 'not signed, as allowed' : `signed by ${list(signers)}`;
}
