export type Operation = 'install' | 'update';

/** done; failed and a person must act; undone: the former state is back. */
export type Outcome = 'done' | 'failed' | 'undone';

export type JournalEntry = { readonly v: 1; readonly at: string } & (
  | { readonly event: 'begin'; readonly operation: Operation; readonly home: string; readonly plan: unknown }
  | { readonly event: 'step-begins'; readonly step: string }
  | { readonly event: 'step-ends'; readonly step: string; readonly facts?: unknown }
  | { readonly event: 'end'; readonly outcome: Outcome; readonly message?: string }
);

/** One run as its journal tells it. */
export interface RunRecord {
  readonly id: string;
  readonly dir: string;
  readonly operation: Operation;
  readonly home: string;
  readonly plan: unknown;
  readonly startedAt: string;
  readonly endedAt: string | undefined;
  /** undefined: it never came to an end, or is going on now. */
  readonly outcome: Outcome | undefined;
  readonly message: string | undefined;
  readonly stepsDone: readonly string[];
  /** The step that was begun and not ended. */
  readonly stepOpen: string | undefined;
}

/**
 * Reads a journal. A power cut may have torn the last line: it is left out, the step it spoke of counts
 * as not begun. undefined when not even the first line is whole.
 */
export function parseJournal(id: string, dir: string, text: string): RunRecord | undefined {
  const entries = text.split('\n').flatMap(parseLine);
  const [begin] = entries;
  if (begin?.event !== 'begin') return undefined;

  const done: string[] = [];
  let open: string | undefined;
  let end: (JournalEntry & { event: 'end' }) | undefined;
  for (const entry of entries) {
    if (entry.event === 'step-begins') open = entry.step;
    else if (entry.event === 'step-ends') {
      done.push(entry.step);
      open = undefined;
    } else if (entry.event === 'end') end = entry;
  }
  return {
    id,
    dir,
    operation: begin.operation,
    home: begin.home,
    plan: begin.plan,
    startedAt: begin.at,
    endedAt: end?.at,
    outcome: end?.outcome,
    message: end?.message,
    stepsDone: done,
    stepOpen: open,
  };
}

function parseLine(line: string): JournalEntry[] {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? [value] : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  if (entry.v !== 1 || typeof entry.at !== 'string') return false;
  switch (entry.event) {
    case 'begin':
      return (
        (entry.operation === 'install' || entry.operation === 'update') && typeof entry.home === 'string'
      );
    case 'step-begins':
    case 'step-ends':
      return typeof entry.step === 'string';
    case 'end':
      return entry.outcome === 'done' || entry.outcome === 'failed' || entry.outcome === 'undone';
    default:
      return false;
  }
}
