import { join } from 'node:path';
import type { Host } from '../system/host.js';
import {
  journalEntries,
  parseJournal,
  type JournalEntry,
  type Operation,
  type Outcome,
  type RunRecord,
} from './record.js';
import { stateDirs } from './state-dir.js';

const LARGEST_JOURNAL = 16 * 1024 * 1024;

/** An operation in progress: every step is on the disk before it is made. */
export interface Run {
  readonly id: string;
  /** Folder with journal and transcript. */
  readonly dir: string;
  stepBegins(step: string): Promise<void>;
  stepEnds(step: string, facts?: unknown): Promise<void>;
  /** The way back begins. @param why the failure that led to it */
  turnsBack(steps: readonly string[], why: string): Promise<void>;
  undoBegins(step: string): Promise<void>;
  undoEnds(step: string): Promise<void>;
  end(outcome: Outcome, message?: string): Promise<void>;
}

/**
 * Opens a journal: `<state>/runs/<time>-<operation>/journal.ndjson`, one JSON object a line, each
 * fsynced before the call resolves.
 * Hold the lock on HOME.
 * @param plan what will be done, as plain data; stored whole.
 */
export async function beginRun(operation: Operation, home: string, plan: unknown, host: Host): Promise<Run> {
  const at = host.clock.now();
  const { runs } = stateDirs(home, host);
  const id = `${await freshStamp(at, runs, host)}-${operation}`;
  const dir = join(runs, id);
  await host.files.makeDir(dir, 0o700);
  const run = writer(id, dir, host);
  await run.write({ v: 1, at: at.toISOString(), event: 'begin', operation, home, plan });
  return run;
}

/**
 * Goes on in the journal of a run that was cut off or failed. Hold the lock on HOME.
 * @param by the command that does so
 */
export async function takeUpRun(record: RunRecord, by: string, host: Host): Promise<Run> {
  const run = writer(record.id, record.dir, host);
  // The power may have gone in the middle of a line; what follows must not be glued to it.
  const text = await host.files.readText(join(record.dir, 'journal.ndjson'), LARGEST_JOURNAL);
  if (text?.endsWith('\n') === false) {
    await host.files.appendSynced(join(record.dir, 'journal.ndjson'), '\n');
  }
  await run.write({ v: 1, at: host.clock.now().toISOString(), event: 'taken-up', by });
  return run;
}

/**
 * "2026-11-22T021300123Z", later than every run there is: the newest run is found by its name, and without
 * internet a clock may be set back by years.
 */
async function freshStamp(at: Date, runs: string, host: Host): Promise<string> {
  const stamps = (await host.files.list(runs)).flatMap((id) => timeOf(id) ?? []);
  const newest = Math.max(...stamps, 0);
  return stampOf(new Date(Math.max(at.getTime(), newest + 1)));
}

function stampOf(at: Date): string {
  return at.toISOString().replace(/[:.]/g, '');
}

function timeOf(id: string): number | undefined {
  const found = /^(\d{4}-\d\d-\d\dT\d\d)(\d\d)(\d\d)(\d{3})Z-/.exec(id);
  if (found === null) return undefined;
  const [, hour = '', minute = '', second = '', ms = ''] = found;
  const time = Date.parse(`${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function writer(id: string, dir: string, host: Host): Run & { write(entry: JournalEntry): Promise<void> } {
  let torn = false;
  const write = async (entry: JournalEntry): Promise<void> => {
    // A disk that is full takes half a line; what follows must not be glued to it.
    const before = torn ? '\n' : '';
    torn = true;
    await host.files.appendSynced(join(dir, 'journal.ndjson'), `${before}${JSON.stringify(entry)}\n`);
    torn = false;
  };
  const at = (): string => host.clock.now().toISOString();
  return {
    id,
    dir,
    write,
    stepBegins: (step) => write({ v: 1, at: at(), event: 'step-begins', step }),
    stepEnds: (step, facts) =>
      write({ v: 1, at: at(), event: 'step-ends', step, ...(facts === undefined ? {} : { facts }) }),
    turnsBack: (steps, why) => write({ v: 1, at: at(), event: 'turns-back', steps, why }),
    undoBegins: (step) => write({ v: 1, at: at(), event: 'undo-begins', step }),
    undoEnds: (step) => write({ v: 1, at: at(), event: 'undo-ends', step }),
    end: (outcome, message) =>
      write({ v: 1, at: at(), event: 'end', outcome, ...(message === undefined ? {} : { message }) }),
  };
}

/** The newest run on this HOME whose journal can be read; a torn one is read as far as it is whole. */
export async function lastRun(home: string, host: Host): Promise<RunRecord | undefined> {
  // Newest first: `status` must not read years of journals.
  for (const id of (await host.files.list(stateDirs(home, host).runs)).reverse()) {
    const record = await readRun(id, home, host);
    if (record !== undefined) return record;
  }
  return undefined;
}

/** Every line of a run's journal that is whole, in its order; none when there is no such run. */
export async function readEntries(id: string, home: string, host: Host): Promise<readonly JournalEntry[]> {
  const path = join(stateDirs(home, host).runs, id, 'journal.ndjson');
  return journalEntries((await host.files.readText(path, LARGEST_JOURNAL)) ?? '');
}

/** One run by its id; undefined when there is none, or nothing of it can be read. */
export async function readRun(id: string, home: string, host: Host): Promise<RunRecord | undefined> {
  const dir = join(stateDirs(home, host).runs, id);
  const text = await host.files.readText(join(dir, 'journal.ndjson'), LARGEST_JOURNAL).catch(() => undefined);
  return text === undefined ? undefined : parseJournal(id, dir, text);
}
