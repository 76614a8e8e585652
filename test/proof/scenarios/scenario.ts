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
  /** What its journal ends with when it says 0. */
  readonly success: 'done' | 'undone';
  /** A machine it never ran on, one it has come to its end on, and one on which all of it was undone. */
  readonly before: Aim;
  readonly done: Aim;
  readonly undone: Aim;
  /** What a crash may leave besides, until somebody goes on. */
  readonly meantime: readonly Rightful[];
  /** How to go on after a crash, and what that must lead to. */
  readonly onward: readonly Onward[];
  /** One of them after each fault, in turn, instead of all after each. */
  readonly byTurns: boolean;
  /** Afterwards it can be done (again) and leads to `done`; where it is done there is nothing to do. */
  readonly again: readonly string[] | undefined;
}

export type Aim = Rightful | 'nothing';

export interface Onward {
  readonly name: 'resume' | 'abort';
  readonly command: readonly string[];
  readonly aim: Aim;
}
