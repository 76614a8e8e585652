import { readDocument } from '../../app-index/document.js';
import {
  listGenerations,
  numberInForce,
  putIntoForce,
  type Generation,
} from '../../app-index/generations.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';

export interface RollbackWish {
  readonly dir: string;
  /** undefined: the one before that in force. */
  readonly to: number | undefined;
  readonly dryRun: boolean;
}

export interface RolledBack {
  readonly from: number | undefined;
  readonly to: Generation;
  readonly changed: boolean;
}

/**
 * Puts an earlier publication into force again, until the next build makes another of what is in the store.
 * @throws Refusal E_INDEX_MISSING, E_INDEX_DOCUMENT, E_INDEX_UNKNOWN, E_BUSY, E_IO
 */
export async function rollBackIndex(wish: RollbackWish, host: Host): Promise<RolledBack> {
  await readDocument(wish.dir, host);
  return wish.dryRun
    ? rollBack(wish, host)
    : withIndexLock(wish.dir, 'index rollback', host, () => rollBack(wish, host));
}

async function rollBack({ dir, to: wanted, dryRun }: RollbackWish, host: Host): Promise<RolledBack> {
  const generations = await listGenerations(dir, host);
  const from = await numberInForce(dir, host);
  const to = generations.findLast(({ number }) =>
    wanted === undefined ? number < (from ?? Infinity) : number === wanted,
  );
  if (to === undefined) throw noGeneration(dir, wanted, generations);
  const changed = to.number !== from;
  if (changed && !dryRun) await putIntoForce(dir, to.number, host);
  return { from, to, changed };
}

function noGeneration(dir: string, wanted: number | undefined, there: readonly Generation[]): Refusal {
  const what = wanted === undefined ? 'no earlier publication' : `no publication ${String(wanted)}`;
  return new Refusal('E_INDEX_UNKNOWN', `there is ${what} to go back to`, {
    hint:
      there.length === 0
        ? `sandstorm-airgap index build ${dir}`
        : `there are ${there.map(({ number }) => String(number)).join(', ')}: index rollback ${dir} --to NUMBER`,
    result: { generations: there },
  });
}
