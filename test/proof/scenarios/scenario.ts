import type { Rightful } from '../audit/judge.js';

/** An operation that is made to fail, and what may come of it. */
export interface Scenario {
  /** As it stands in the counts: "update". */
  readonly name: string;
  /** The disk of the machine it begins on. */
  readonly image: string;
  readonly command: readonly string[];
  /** How the names of its runs end: "-update". */
  readonly runName: string;
  /** A machine it never ran on, and one it has succeeded on. */
  readonly before: Aim;
  readonly after: Aim;
  /** How to go on after a crash, and what that must lead to. */
  readonly onward: readonly Onward[];
  /** Afterwards it can be done (again), or there is nothing to do. */
  readonly again: readonly string[];
}

export type Aim = Rightful | 'nothing';

export interface Onward {
  readonly name: 'resume' | 'abort';
  readonly command: readonly string[];
  readonly aim: 'before' | 'after';
}
