import type { RefusalData } from '../errors.js';
import type { ReportedCheck } from '../preflight/check.js';
import type { Clock } from '../system/host.js';
import type { StepProgress, Ui } from '../ui.js';

/** One line of --events. Times are ISO 8601; a later version of this tool may add kinds and fields. */
export type ProgressEvent = { readonly v: 1; readonly at: string } & EventDetails;

export type EventDetails =
  | { readonly kind: 'started'; readonly command: string; readonly home: string; readonly dryRun: boolean }
  | { readonly kind: 'check'; readonly check: ReportedCheck }
  | { readonly kind: 'step-started'; readonly step: string }
  /** What is known so far, for people. */
  | { readonly kind: 'detail'; readonly step: string; readonly text: string }
  | { readonly kind: 'progress'; readonly step: string; readonly bytes: number; readonly totalBytes: number }
  | {
      readonly kind: 'step-done';
      readonly step: string;
      readonly tookMs: number;
      readonly detail: string | null;
    }
  | { readonly kind: 'step-failed'; readonly step: string; readonly tookMs: number; readonly why: string }
  /** What does not stop the work, and somebody should know. */
  | { readonly kind: 'warning'; readonly text: string }
  /** Always the last one. */
  | {
      readonly kind: 'finished';
      readonly ok: boolean;
      readonly exitCode: number;
      readonly changed: boolean;
      readonly error: RefusalData | null;
    };

export type TellEvent = (event: EventDetails) => void;

const PROGRESS_EVERY_MS = 250;

/** The same Ui, with somebody else told of it too. */
export function withEvents(ui: Ui, tell: TellEvent, clock: Pick<Clock, 'monotonic'>): Ui {
  return {
    ...ui,
    say: (text) => {
      // That is how warnings are marked for people, wherever they are said.
      const warning = /^\s*! (.*)$/s.exec(text ?? '')?.[1];
      if (warning !== undefined) tell({ kind: 'warning', text: warning });
      ui.say(text);
    },
    check: (check) => {
      tell({ kind: 'check', check });
      ui.check(check);
    },
    step: (title, work) => ui.step(title, (progress) => toldStep(title, work, progress, tell, clock)),
  };
}

async function toldStep<T>(
  step: string,
  work: (progress: StepProgress) => Promise<T>,
  progress: StepProgress,
  tell: TellEvent,
  clock: Pick<Clock, 'monotonic'>,
): Promise<T> {
  const started = clock.monotonic();
  const took = (): number => Math.round(clock.monotonic() - started);
  let detail: string | null = null;
  let lastTold = -Infinity;
  tell({ kind: 'step-started', step });
  try {
    const value = await work({
      detail: (text) => {
        if (text !== detail) tell({ kind: 'detail', step, text });
        detail = text;
        progress.detail(text);
      },
      bytes: (bytes, totalBytes) => {
        const now = clock.monotonic();
        if (bytes >= totalBytes || now - lastTold >= PROGRESS_EVERY_MS) {
          lastTold = now;
          tell({ kind: 'progress', step, bytes, totalBytes });
        }
        progress.bytes(bytes, totalBytes);
      },
    });
    tell({ kind: 'step-done', step, tookMs: took(), detail });
    return value;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    tell({ kind: 'step-failed', step, tookMs: took(), why });
    throw error;
  }
}
