import type { ReportedCheck } from './preflight/check.js';

/** What an operation tells and asks the person, or the script, in front of it. */
export interface Ui {
  /** A line for people. */
  say(text?: string): void;
  /** A line that holds a secret: on the screen, never in a transcript. */
  saySecret(text: string): void;
  check(result: ReportedCheck): void;
  /** Announces what is being done, and how it ended. What `work` throws passes through. */
  step<T>(title: string, work: (progress: StepProgress) => Promise<T>): Promise<T>;
  /**
   * Yes or no, no being the default. True at once with --yes.
   * @throws Refusal E_INPUT_NEEDED when nobody can be asked.
   */
  confirm(question: string): Promise<boolean>;
}

export interface StepProgress {
  /** What is shown behind the title; the last one stays. */
  detail(text: string): void;
  /** Bytes done of a known total: shown with rate and time left. */
  bytes(done: number, total: number): void;
}
