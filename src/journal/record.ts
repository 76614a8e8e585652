export const OPERATIONS = ['install', 'update', 'rollback', 'snapshot'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** done; failed and a person must act; undone: the former state is back. */
export type Outcome = 'done' | 'failed' | 'undone';

/** @typeParam Plan as far as its reader is sure of it */
export type JournalEntry<Plan = unknown> = { readonly v: 1; readonly at: string } & (
  | { readonly event: 'begin'; readonly operation: Operation; readonly home: string; readonly plan: Plan }
  | { readonly event: 'step-begins'; readonly step: string }
  | { readonly event: 'step-ends'; readonly step: string; readonly facts?: unknown }
  /** From here on the way leads back: the inverse steps, in their order. */
  | { readonly event: 'turns-back'; readonly steps: readonly string[]; readonly why: string }
  | { readonly event: 'undo-begins'; readonly step: string }
  | { readonly event: 'undo-ends'; readonly step: string }
  /** By `resume` or `abort`, after it had been cut off or had failed: what came before that ended nothing. */
  | { readonly event: 'taken-up'; readonly by: string }
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
  /** In the order of their beginning, ended or not. */
  readonly stepsBegun: readonly string[];
  /** The step, of either way, that was begun and not ended. */
  readonly stepOpen: string | undefined;
  /** It was on its way back. */
  readonly turnedBack: boolean;
  /** Steps of the way back whose end is there. */
  readonly undone: readonly string[];
}

/**
 * Reads a journal. A power cut may have torn the last line: it is left out, the step it spoke of counts
 * as not begun. undefined when not even the first line is whole.
 */
export function parseJournal(id: string, dir: string, text: string): RunRecord | undefined {
  const entries = journalEntries(text);
  const [begin] = entries;
  if (begin?.event !== 'begin') return undefined;

  const done = new Set<string>();
  const begun = new Set<string>();
  const undone = new Set<string>();
  let open: string | undefined;
  let turnedBack = false;
  let end: (JournalEntry & { event: 'end' }) | undefined;
  for (const entry of entries) {
    switch (entry.event) {
      case 'begin':
        break;
      case 'step-begins':
        begun.add(entry.step);
        // One that is made again is not done until then.
        done.delete(entry.step);
        open = entry.step;
        break;
      case 'step-ends':
        done.add(entry.step);
        open = undefined;
        break;
      case 'turns-back':
        turnedBack = true;
        open = undefined;
        break;
      case 'undo-begins':
        // Also when the line that tells of the turn is lost: a disk that is full may have torn it.
        turnedBack = true;
        open = entry.step;
        break;
      case 'undo-ends':
        undone.add(entry.step);
        open = undefined;
        break;
      case 'taken-up':
        end = undefined;
        break;
      case 'end':
        end = entry;
        break;
    }
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
    stepsDone: [...done],
    stepsBegun: [...begun],
    stepOpen: open,
    turnedBack,
    undone: [...undone],
  };
}

/** Its lines, as far as they are whole. */
export function journalEntries(text: string): JournalEntry[] {
  return text.split('\n').flatMap(parseLine);
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
      return OPERATIONS.some((one) => one === entry.operation) && typeof entry.home === 'string';
    case 'step-begins':
    case 'step-ends':
    case 'undo-begins':
    case 'undo-ends':
      return typeof entry.step === 'string';
    case 'turns-back':
      return Array.isArray(entry.steps) && typeof entry.why === 'string';
    case 'taken-up':
      return typeof entry.by === 'string';
    case 'end':
      return entry.outcome === 'done' || entry.outcome === 'failed' || entry.outcome === 'undone';
    default:
      return false;
  }
}
