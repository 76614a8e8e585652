import { Refusal } from '../errors.js';
import { lastRun } from '../journal/journal.js';
import { withLock } from '../journal/lock.js';
import { judgeHome, observeHome } from '../server/home-state.js';
import { findLeftovers, type Leftover } from '../server/leftovers/leftovers.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { bytes, count } from '../words.js';
import { serverStatus, whatComesFirst, type StatusResult } from './status.js';
import { requireUnchanged } from './unchanged.js';
import { cancelled, untilAgreed } from './until-agreed.js';

export interface CleanResult {
  readonly home: string;
  /** As found; what is not stale was left alone. */
  readonly leftovers: readonly MeasuredLeftover[];
  /** Paths. */
  readonly removed: readonly string[];
  readonly freedBytes: number;
}

export interface MeasuredLeftover {
  readonly path: string;
  /** What removing it sets free. */
  readonly bytes: number;
  readonly stale: boolean;
  readonly why: string;
}

/**
 * Removes what killed runs have left, as far as it is proven that nobody needs it. What was agreed to is looked
 * at once more under the lock: nothing that has come to life since is removed, and nothing that was not shown.
 * @throws Refusal E_PENDING, E_BUSY, E_CANCELLED, E_IO
 */
export async function clean(home: string, dryRun: boolean, host: Host, ui: Ui): Promise<CleanResult> {
  const agreed = await untilAgreed(host, async () => {
    const seen = await serverStatus(home, host);
    const first = whatComesFirst(seen);
    const state = judgeHome(await observeHome(home, host));
    const found = await findLeftovers(home, first, host);
    const plan = await planOf(home, found, host);
    const leftovers = await Promise.all(found.map((one) => measured(one, host)));
    describe(leftovers, ui);
    if (seen.pending !== null && seen.pending.owner === null && first !== undefined)
      throw comesFirst(first, seen.pending, leftovers);
    const stale = leftovers.filter((one) => one.stale);
    if (!dryRun && stale.length > 0 && !(await ui.confirm(question(stale)))) throw cancelled();
    return { state, stale: found.filter((one) => one.stale), plan, leftovers, isBusy: first !== undefined };
  });

  const { state, stale, plan, leftovers, isBusy } = agreed;
  const nothing = { home, leftovers, removed: [], freedBytes: 0 };
  // While another operation is going on nothing counts as stale; the lock says so better than "nothing found".
  if (dryRun || leftovers.length === 0 || (stale.length === 0 && !isBusy)) return nothing;

  return withLock(home, 'clean', host, async () => {
    const planNow = async (): Promise<unknown> =>
      planOf(home, await findLeftovers(home, undefined, host), host);
    await requireUnchanged({ home, state, plan }, planNow, host);
    const removed = await removeAll(stale, host);
    const freed = leftovers.filter(({ path }) => removed.includes(path));
    return { ...nothing, removed, freedBytes: total(freed) };
  });
}

/** What the removal depends on: these very things, and no run since. */
async function planOf(home: string, found: readonly Leftover[], host: Host): Promise<unknown> {
  const run = await lastRun(home, host);
  return {
    run: [run?.id ?? null, run?.outcome ?? null],
    // Whoever takes the lock removes dead ones at once, and so do we.
    remove: found
      .filter(({ stale, candidate }) => stale && candidate.kind !== 'lock')
      .map(({ path, candidate: { stat } }) => [path, stat.dev, stat.ino, stat.ctime.getTime()]),
  };
}

async function measured({ path, stale, why }: Leftover, host: Host): Promise<MeasuredLeftover> {
  return { path, bytes: await host.files.freedBytes(path), stale, why };
}

/** To the end, also when told to stop: half of a folder would count as young the next time. */
async function removeAll(stale: readonly Leftover[], host: Host): Promise<string[]> {
  const removed: string[] = [];
  for (const { path } of stale) {
    try {
      await host.files.remove(path);
    } catch (error) {
      throw removed.length > 0 && error instanceof Refusal ? error.afterChanges() : error;
    }
    host.log(`removed ${path}`);
    removed.push(path);
  }
  return removed;
}

function describe(leftovers: readonly MeasuredLeftover[], ui: Ui): void {
  const tell = (title: string, some: readonly MeasuredLeftover[]): void => {
    if (some.length === 0) return;
    ui.say(`  ${title}`);
    for (const { path, bytes: size, why } of some)
      ui.say(`\n      ${path}  ${bytes(size)}\n          ${why}`);
    ui.say();
  };
  tell(
    'Left over by runs that were cut off:',
    leftovers.filter((one) => one.stale),
  );
  tell(
    'In doubt, so left alone:',
    leftovers.filter((one) => !one.stale),
  );
}

function question(stale: readonly MeasuredLeftover[]): string {
  return `Remove ${count(stale.length, 'leftover')} (${bytes(total(stale))})?`;
}

function total(some: readonly MeasuredLeftover[]): number {
  return some.reduce((sum, one) => sum + one.bytes, 0);
}

function comesFirst(
  first: string,
  pending: NonNullable<StatusResult['pending']>,
  leftovers: readonly MeasuredLeftover[],
): Refusal {
  return new Refusal('E_PENDING', `nothing was removed: ${first}`, {
    hint: pending.next,
    result: { leftovers },
  });
}
