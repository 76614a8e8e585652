import { randomFillSync } from 'node:crypto';

/** `length` bytes nobody can guess. */
export function randomBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length));
}
