import { Refusal } from '../../errors.js';

/** `why` is a clause: "others may write to it". */
export function trustStoreRefused(path: string, why: string, hint: string): Refusal {
  return new Refusal('E_TRUST_STORE', `${path} says whom to trust, and cannot be trusted itself: ${why}`, {
    hint,
  });
}
