import type { KeyKind, TrustedKey } from './keys.js';

/** What became of one detached signature beside a tarball. `why` are clauses without a full stop. */
export type Finding = { readonly kind: KeyKind; readonly file: string } & (
  | { readonly state: 'absent' }
  /** By a trusted key, over every byte of the tarball. */
  | {
      readonly state: 'valid';
      readonly key: TrustedKey;
      /** When its maker says it was made; ed25519 ones do not say. */
      readonly madeAt?: string;
    }
  /** It says something else than the tarball, or its key may not say it. */
  | { readonly state: 'wrong'; readonly why: string }
  /** Not by a key that is trusted, so it says nothing. */
  | {
      readonly state: 'unknown-key';
      readonly fingerprint?: string;
      /** The key was at hand and the signature is right by it. Otherwise the fingerprint is a mere claim. */
      readonly matches: boolean;
      /** A key of this name is trusted, but the key itself was not at hand. */
      readonly trusted: boolean;
      readonly why: string;
    }
  /** Made in a way that proves nothing today. */
  | { readonly state: 'weak'; readonly why: string }
  /** Not a signature file. */
  | { readonly state: 'malformed'; readonly why: string }
);

/** One for each kind, ed25519 first. */
export type Findings = readonly [Finding, Finding];

/** A signature that is being compared with bytes as they go by. One of finish or abandon must be called. */
export interface RunningCheck {
  /** Every byte of the tarball, in order. */
  update(chunk: Uint8Array): void | Promise<void>;
  /** After the last byte. */
  finish(): Promise<Finding>;
  /** The tarball will not be read to its end. */
  abandon(): Promise<void>;
}

/** A check that knows its answer before any byte was seen. */
export function settled(finding: Finding): RunningCheck {
  return {
    update: () => undefined,
    finish: () => Promise.resolve(finding),
    abandon: () => Promise.resolve(),
  };
}
