/** What the faulty tool is told to do, as JSON in SANDSTORM_AIRGAP_PROOF. Shared by the tool and the tests. */
export interface Orders {
  /** A folder both can see, on a disk that stays well: what the tool tells, and what it asks for. */
  readonly shared: string;
  readonly fault?: Fault;
}

export interface Fault {
  readonly at: Moment;
  readonly does: Deed;
}

export type Moment =
  /** Effects are counted from 1, or from 1 within a step of the journal. */
  | { readonly effect: number; readonly step?: string; readonly when: 'before' | 'after' }
  /** So long after the command that this effect of the step is was started. */
  | { readonly effect: number; readonly step: string; readonly when: 'during'; readonly afterMs: number }
  /** So long after the tool has started, whatever it is doing. */
  | { readonly ms: number };

export type Deed =
  /** The tool kills itself, or is told to stop and goes on as it would. */
  | { readonly do: 'kill' | 'terminate' }
  /** The command that this effect starts is killed so many milliseconds after its start. */
  | { readonly do: 'kill-child'; readonly afterMs: number }
  /** The test does something to the machine; the tool stands still meanwhile. */
  | { readonly do: 'ask'; readonly forWhat: Ask };

export type Ask = 'fill-disk' | 'fail-disk' | 'read-only' | 'power-cut';

/** A line of `effects.ndjson`. */
export interface Effect {
  readonly n: number;
  /** Which it is within its step. */
  readonly inStep: number;
  /** The step the journal last said begins; null before the first. */
  readonly step: string | null;
  /** "files.rename", "commands.run" */
  readonly what: string;
  readonly on: string;
  readonly isCommand: boolean;
  /** Since the tool has started. */
  readonly ms: number;
}

/** In the shared folder. */
export const TOLD = {
  effects: 'effects.ndjson',
  /** There once the fault has been done. */
  struck: 'struck',
  /** Holds an Ask; the test removes it when it has done it. */
  asks: 'asks',
} as const;
