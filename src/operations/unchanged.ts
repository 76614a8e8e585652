import { Refusal } from '../errors.js';
import { judgeHome, observeHome, type HomeState } from '../server/home-state.js';
import type { Host } from '../system/host.js';

/**
 * Between looking and locking somebody else may have been at work, another run of this tool above all:
 * what was agreed to is carried out only on what it was agreed for. Hold the lock on HOME.
 * @param plan made anew, must come out as the one that was agreed to
 * @throws Refusal E_BUSY
 */
export async function requireUnchanged(
  seen: { readonly home: string; readonly state: HomeState; readonly plan: unknown },
  plan: () => Promise<unknown>,
  host: Host,
): Promise<void> {
  const now = judgeHome(await observeHome(seen.home, host));
  const same =
    shortly(now) === shortly(seen.state) && JSON.stringify(await plan()) === JSON.stringify(seen.plan);
  if (same) return;
  throw new Refusal('E_BUSY', `${seen.home} was changed by somebody else meanwhile; nothing was done`, {
    hint: 'run the same command again: it looks anew',
  });
}

/** What a plan depends on. */
function shortly(state: HomeState): string {
  switch (state.kind) {
    case 'server':
      return `server ${state.folder}`;
    case 'interrupted':
      return `interrupted ${state.run} ${state.server?.folder ?? ''}`;
    case 'absent':
    case 'empty':
      return 'free';
    case 'leftovers':
    case 'unfit':
      return state.kind;
  }
}
