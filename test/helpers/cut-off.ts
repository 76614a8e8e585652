import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Files, Host } from '../../src/system/host.js';
import { ONLY_LOOKS } from './only-looks.js';

/** The moment at which a run dies: at a step of the way there, or of the way back. */
export interface Moment {
  readonly step: string;
  readonly way?: 'there' | 'back';
  /** 'begun': its line is in the journal. 'done': it is made, and only its last line is missing. Else after so many effects. */
  readonly at: 'begun' | 'done' | number;
}

export interface Doomed {
  readonly host: Host;
  dead(): boolean;
  /** What the kernel does for a process that has died: nothing is held any more. */
  bury(stateDir: string): Promise<void>;
}

/** A Host that dies at that moment: from then on nothing it is asked for is done. */
export function doomed(host: Host, { step, way = 'there', at }: Moment): Doomed {
  const prefix = way === 'there' ? 'step' : 'undo';
  let dead = false;
  let effects: number | undefined;
  const held: (() => void)[] = [];
  const die = (): never => {
    dead = true;
    throw new Error('the power is gone');
  };
  const alive = (): void => {
    if (dead) die();
  };
  const counted = async <T>(effect: () => Promise<T>): Promise<T> => {
    alive();
    if (effects !== undefined && effects === at) die();
    if (effects !== undefined) effects += 1;
    const result = await effect();
    alive();
    return result;
  };

  const files = new Proxy(host.files, {
    get(target, name: keyof Files) {
      if (name === 'appendSynced') return append;
      if (name === 'hold') return hold;
      const real = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const call = async (): Promise<unknown> => real.apply(target, args);
        if (!ONLY_LOOKS.has(name)) return counted(call);
        alive();
        return call();
      };
    },
  });
  const append: Files['appendSynced'] = async (path, data, mode) => {
    alive();
    const says = (event: string): boolean => data.includes(`"event":"${prefix}-${event}","step":"${step}"`);
    if (says('ends')) return die();
    await host.files.appendSynced(path, data, mode);
    if (says('begins')) effects = 0;
    if (says('begins') && at === 'begun') die();
  };
  const hold: Files['hold'] = async (path) => {
    alive();
    const release = await host.files.hold(path);
    held.push(release);
    return () => {
      if (!dead) release();
    };
  };
  return {
    dead: () => dead,
    host: {
      ...host,
      files,
      clock: {
        ...host.clock,
        sleep: async (ms) => {
          alive();
          await host.clock.sleep(ms);
        },
      },
      commands: { ...host.commands, run: (...args) => counted(() => host.commands.run(...args)) },
    },
    async bury(stateDir) {
      for (const release of held) release();
      for (const entry of await readdir(stateDir, { withFileTypes: true })) {
        if (entry.isDirectory())
          await rm(join(stateDir, entry.name, 'locks'), { recursive: true, force: true });
      }
    },
  };
}

/** Runs `work` until it dies; fails when it comes to an end of its own. */
export async function untilItDies(
  one: { readonly host: Host },
  moment: Moment,
  work: (host: Host) => Promise<unknown>,
): Promise<void> {
  const { host, dead, bury } = doomed(one.host, moment);
  const ended = await work(host).then(
    () => 'it came to its end',
    (error: unknown) => String(error),
  );
  await bury(one.host.layout.stateDir);
  if (!dead()) throw new Error(`${moment.step} ${String(moment.at)} was never reached: ${ended}`);
}
