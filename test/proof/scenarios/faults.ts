import type { Ask, Deed, Effect, Fault } from '../faulty-tool/orders.js';

/** A fault with the words it is told and counted by. */
export interface NamedFault {
  readonly fault: Fault;
  /** "SIGKILL", as it stands in the counts. */
  readonly kind: string;
  /** "before sync of place" */
  readonly where: string;
  /** Beyond each fault once at each step: not in every run, see part.ts. */
  readonly more: boolean;
}

const KINDS: readonly (readonly [string, Deed])[] = [
  ['SIGKILL', { do: 'kill' }],
  ['SIGTERM', { do: 'terminate' }],
  ['full disk', ask('fill-disk')],
  ['read-only disk', ask('read-only')],
  ['dead disk', ask('fail-disk')],
  ['power cut', ask('power-cut')],
];

function ask(forWhat: Ask): Deed {
  return { do: 'ask', forWhat };
}

/** Two ways of the same misfortune: every step meets one of them in every run. */
const BROKEN_DISKS = ['dead disk', 'read-only disk'];

/** Whatever else goes wrong with the machine, these come in the last moment of a step too. */
const LATE: ReadonlySet<string> = new Set(['SIGKILL', 'power cut']);

/** Children that only look: the one that is killed has changed nothing. */
const LOOKS = /systemctl show|bash -n|^id |^getent|^hostname|^uname|timedatectl|^xz|^bash -n/;

/**
 * Each fault at the first effect of every step that a measured run had, the most telling ones at its last as
 * well, and each child that changes something killed in the middle of its work.
 */
export function faultsAtEveryStep(effects: readonly Effect[]): NamedFault[] {
  const steps = new Map<string, Effect[]>();
  for (const effect of effects) {
    if (effect.step === null) continue;
    steps.set(effect.step, [...(steps.get(effect.step) ?? []), effect]);
  }
  return [...steps].flatMap(([step, within], index) => {
    const last = within.length;
    const at = (effect: number): string => `before effect ${String(effect)} of ${step}`;
    const struck = (effect: number, does: Deed): Fault => ({ at: { step, effect, when: 'before' }, does });
    return [
      ...KINDS.map(([kind, does]) => ({
        kind,
        where: at(1),
        fault: struck(1, does),
        more: kind === BROKEN_DISKS[index % BROKEN_DISKS.length],
      })),
      ...KINDS.filter(([kind]) => LATE.has(kind) && last > 1).map(([kind, does]) => ({
        kind,
        where: at(last),
        fault: struck(last, does),
        more: true,
      })),
      ...within
        .filter(({ isCommand, on }) => isCommand && !LOOKS.test(on))
        .map((effect) => ({
          kind: 'child SIGKILL',
          where: `${effect.on.split('/').at(-1) ?? effect.on} in ${step}`,
          fault: struck(effect.inStep, { do: 'kill-child', afterMs: halfOf(effect, effects) }),
          more: false,
        })),
    ];
  });
}

/** Milliseconds that half of an effect took in the measured run. */
function halfOf({ n, ms }: Effect, effects: readonly Effect[]): number {
  const next = effects.find((effect) => effect.n === n + 1);
  return next === undefined ? 0 : Math.floor((next.ms - ms) / 2);
}

/**
 * The same at these steps only; and their command named `long`, which is known to take that long, cut off in the
 * middle.
 */
export function faultsAtSteps(
  effects: readonly Effect[],
  steps: readonly string[],
  long: { readonly command: string; readonly afterMs: number },
): NamedFault[] {
  const within = effects.filter(({ step }) => step !== null && steps.includes(step));
  const { step, inStep } = within.find(({ isCommand, on }) => isCommand && on.includes(long.command)) ?? {};
  if (step === undefined || step === null || inStep === undefined)
    throw new Error(`none of ${steps.join(', ')} runs ${long.command}`);
  const where = `in the middle of ${long.command}`;
  const at = { step, effect: inStep, when: 'during', afterMs: long.afterMs } as const;
  return [
    ...faultsAtEveryStep(within),
    ...KINDS.map(([kind, does]) => ({ kind, where, fault: { at, does }, more: false })),
    {
      kind: 'child SIGKILL',
      where,
      fault: {
        at: { step, effect: inStep, when: 'before' },
        does: { do: 'kill-child', afterMs: long.afterMs },
      },
      more: false,
    },
  ];
}

/** SIGKILL before every single effect of a run. */
export function killsEverywhere(effects: readonly Effect[]): NamedFault[] {
  return effects.map(({ n, what, step }) => ({
    kind: 'SIGKILL at each effect',
    where: `before ${String(n)}, ${what}, in ${step ?? 'preparations'}`,
    fault: { at: { effect: n, when: 'before' }, does: { do: 'kill' } },
    more: true,
  }));
}

/** The machine must be switched on again before anything else, with its disk checked. */
export function leavesItOff({ does }: Fault): boolean {
  return does.do === 'ask' && does.forWhat !== 'fill-disk';
}
