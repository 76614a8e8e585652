import type { Ask, Deed, Effect, Fault } from '../faulty-tool/orders.js';

/** A fault with the words it is told and counted by. */
export interface NamedFault {
  readonly fault: Fault;
  /** "SIGKILL", as it stands in the counts. */
  readonly kind: string;
  /** "before sync of place" */
  readonly where: string;
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

/** Whatever else goes wrong with the machine, these come in the last moment of a step too. */
const LATE: ReadonlySet<string> = new Set(['SIGKILL', 'power cut']);

/** Children that only look: the one that is killed has changed nothing. */
const LOOKS = /systemctl show|bash -n|^id |^getent|^hostname|^uname|timedatectl|^xz|^bash -n/;

/**
 * Each fault at the first effect of every step that a measured run had, the most telling ones at its last as
 * well, and each child that changes something killed a moment after its start.
 */
export function faultsAtEveryStep(effects: readonly Effect[]): NamedFault[] {
  const steps = new Map<string, Effect[]>();
  for (const effect of effects) {
    if (effect.step === null) continue;
    steps.set(effect.step, [...(steps.get(effect.step) ?? []), effect]);
  }
  return [...steps].flatMap(([step, within]) => {
    const last = within.length;
    const at = (effect: number): string => `before effect ${String(effect)} of ${step}`;
    const struck = (effect: number, does: Deed): Fault => ({ at: { step, effect, when: 'before' }, does });
    return [
      ...KINDS.map(([kind, does]) => ({ kind, where: at(1), fault: struck(1, does) })),
      ...KINDS.filter(([kind]) => LATE.has(kind) && last > 1).map(([kind, does]) => ({
        kind,
        where: at(last),
        fault: struck(last, does),
      })),
      ...within
        .filter(({ isCommand, on }) => isCommand && !LOOKS.test(on))
        .map(({ inStep, on }) => ({
          kind: 'child SIGKILL',
          where: `${on.split('/').at(-1) ?? on} in ${step}`,
          fault: struck(inStep, { do: 'kill-child', afterMs: 0 }),
        })),
    ];
  });
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
    ...KINDS.map(([kind, does]) => ({ kind, where, fault: { at, does } })),
    {
      kind: 'child SIGKILL',
      where,
      fault: {
        at: { step, effect: inStep, when: 'before' },
        does: { do: 'kill-child', afterMs: long.afterMs },
      },
    },
  ];
}

/** SIGKILL before every single effect of a run. */
export function killsEverywhere(effects: readonly Effect[]): NamedFault[] {
  return effects.map(({ n, what, step }) => ({
    kind: 'SIGKILL at each effect',
    where: `before ${String(n)}, ${what}, in ${step ?? 'preparations'}`,
    fault: { at: { effect: n, when: 'before' }, does: { do: 'kill' } },
  }));
}

/** The machine must be switched on again before anything else, with its disk checked. */
export function leavesItOff({ does }: Fault): boolean {
  return does.do === 'ask' && does.forWhat !== 'fill-disk';
}
