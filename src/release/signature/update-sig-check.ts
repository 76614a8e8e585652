import { Ed25519Verifier } from './ed25519.js';
import { settled, type RunningCheck } from './finding.js';
import { BUILT_IN_ED25519_INDEX, ed25519Bytes, type TrustedKey } from './keys.js';
import { NotAnUpdateSig, readUpdateSig } from './update-sig.js';

/**
 * Compares an `.update-sig` with a tarball that goes by. A signature does not name its key, so all
 * trusted ones are tried, each at the place where the updater would look: the built-in key's is fixed,
 * a key that came later is the last one, because upstream's list only grows at its end.
 * @param file for the finding
 */
export function checkUpdateSig(
  bytes: Uint8Array,
  file: string,
  trusted: readonly TrustedKey[],
): RunningCheck {
  const about = { kind: 'ed25519', file } as const;
  let signatures: Uint8Array[];
  try {
    signatures = readUpdateSig(bytes);
  } catch (error) {
    if (!(error instanceof NotAnUpdateSig)) throw error;
    return settled({ ...about, state: 'malformed', why: error.message });
  }

  const attempts = trusted
    .filter(({ kind }) => kind === 'ed25519')
    .flatMap((key) => {
      const index = key.origin === 'built-in' ? BUILT_IN_ED25519_INDEX : signatures.length - 1;
      const signature = signatures[index];
      return signature === undefined
        ? []
        : [{ key, verifier: new Ed25519Verifier(ed25519Bytes(key), signature) }];
    });

  return {
    update(chunk) {
      for (const { verifier } of attempts) verifier.update(chunk);
    },
    finish() {
      const right = attempts.find(({ verifier }) => verifier.verify());
      return Promise.resolve(
        right === undefined
          ? { ...about, state: 'wrong', why: 'no trusted ed25519 key has signed these bytes' }
          : { ...about, state: 'valid', key: right.key },
      );
    },
    abandon: () => Promise.resolve(),
  };
}
