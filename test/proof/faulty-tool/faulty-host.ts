import type { Commands, Files, FileSink, Host } from '../../../src/system/host.js';
import { HELD, killHeld, killNext } from './children.js';
import type { Deed, Orders } from './orders.js';
import { strike, tellEffect, tellStruck } from './strike.js';
import { ONLY_LOOKS } from '../../helpers/only-looks.js';

const FROM_AND_TO: ReadonlySet<string> = new Set<string>(['rename', 'copy', 'reflink', 'link']);

/** The Host given, which counts what it changes and fails where it is told to. */
export function faultyHost(host: Host, orders: Orders): Host {
  const counter = new Counter(orders);
  return {
    ...host,
    files: countedFiles(host.files, counter),
    commands: countedCommands(host.commands, counter),
  };
}

interface Due {
  readonly when: 'before' | 'after' | 'during';
  readonly afterMs: number;
  readonly does: Deed;
}

class Counter {
  private n = 0;
  private inStep = 0;
  private step: string | null = null;

  constructor(private readonly orders: Orders) {}

  /** Tells of an effect that is about to be made; the fault if it is its turn. */
  next(what: string, on: string): Due | undefined {
    this.n += 1;
    this.inStep += 1;
    const { n, inStep, step } = this;
    const { fault, shared } = this.orders;
    const ms = Math.round(performance.now());
    tellEffect(shared, { n, inStep, step, what, on, isCommand: what.startsWith('commands.'), ms });
    if (fault === undefined || 'ms' in fault.at) return undefined;
    const { at } = fault;
    const itsTurn = at.step === undefined ? at.effect === n : at.step === step && at.effect === inStep;
    const afterMs = at.when === 'during' ? at.afterMs : 0;
    return itsTurn ? { when: at.when, afterMs, does: fault.does } : undefined;
  }

  /** An effect that is no call of its own. */
  async counted<T>(what: string, on: string, effect: () => Promise<T>): Promise<T> {
    const fault = this.next(what, on);
    if (fault?.when === 'before') await this.strike(fault);
    const result = await effect();
    if (fault?.when === 'after') await this.strike(fault);
    return result;
  }

  /** @param command starts the words given, which may be told to start the command */
  async started<T>(what: string, words: readonly string[], command: Command<Promise<T>>): Promise<T> {
    const fault = this.next(what, words.join(' '));
    if (fault?.when === 'before') await this.strike(fault);
    if (fault?.when === 'during') setTimeout(() => void this.strike(fault), fault.afterMs);
    const result = await command(...this.heldIfKilled(words, fault));
    if (fault?.when === 'after') await this.strike(fault);
    return result;
  }

  /** For commands that hand back a running child at once: there is no `after`. */
  spawned<T>(what: string, words: readonly string[], spawn: Command<T>): T {
    const fault = this.next(what, words.join(' '));
    if (fault !== undefined && fault.does.do !== 'kill-child') strike(fault.does, this.orders.shared);
    return spawn(...this.heldIfKilled(words, fault));
  }

  /** A terminal starts no words but its own; what runs in it runs long enough. */
  opened<T>(what: string, on: string, open: () => T): T {
    const fault = this.next(what, on);
    if (fault !== undefined && fault.does.do !== 'kill-child') strike(fault.does, this.orders.shared);
    if (fault?.does.do === 'kill-child') killNext(fault.does.afterMs, () => tellStruck(this.orders.shared));
    return open();
  }

  /** What is on the disk of the journal says where we are. */
  journaled(data: string): void {
    for (const line of data.split('\n')) {
      const [, way, name] = /"event":"(step|undo)-begins".*"step":"([^"]+)"/.exec(line) ?? [];
      const step = name === undefined ? undefined : way === 'undo' ? `${name} (back)` : name;
      if (step === undefined) continue;
      this.step = step;
      this.inStep = 0;
    }
  }

  private async strike({ does }: Due): Promise<void> {
    if (does.do === 'kill-child') return;
    strike(does, this.orders.shared);
    // A signal is heard between two turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }

  private heldIfKilled(words: readonly string[], fault: Due | undefined): readonly [string, string[]] {
    const isKilled = fault?.does.do === 'kill-child';
    if (isKilled) killHeld(fault.does.afterMs, () => tellStruck(this.orders.shared));
    const [file = '', ...args] = isKilled ? [...HELD, ...words] : words;
    return [file, args];
  }
}

type Command<T> = (file: string, args: readonly string[]) => T;

function countedFiles(files: Files, counter: Counter): Files {
  const counted = Object.entries(
    files as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>,
  ).map(([name, effect]) => {
    if (ONLY_LOOKS.has(name)) return [name, effect] as const;
    return [
      name,
      async (...args: unknown[]) => {
        const on = args.filter((arg) => typeof arg === 'string').slice(0, FROM_AND_TO.has(name) ? 2 : 1);
        const result = await counter.counted(`files.${name}`, on.join(' -> '), () => effect(...args));
        if (name === 'appendSynced') counter.journaled(String(args[1]));
        return name === 'openWrite' ? countedSink(result as FileSink, on.join(), counter) : result;
      },
    ] as const;
  });
  return Object.fromEntries(counted) as unknown as Files;
}

function countedSink(sink: FileSink, on: string, counter: Counter): FileSink {
  return {
    write: (chunk) => counter.counted('sink.write', on, () => sink.write(chunk)),
    finish: () => counter.counted('sink.finish', on, () => sink.finish()),
    abandon: () => counter.counted('sink.abandon', on, () => sink.abandon()),
  };
}

function countedCommands(commands: Commands, counter: Counter): Commands {
  return {
    ...commands,
    run: (file, args, options) =>
      counter.started('commands.run', [file, ...args], (...held) => commands.run(...held, options)),
    openPty: (args, options) =>
      counter.opened('commands.openPty', args.join(' '), () => commands.openPty(args, options)),
    filter: (file, args) =>
      counter.spawned('commands.filter', [file, ...args], (...held) => commands.filter(...held)),
  };
}
