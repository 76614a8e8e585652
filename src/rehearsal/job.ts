import type { Ports } from '../preflight/check.js';
import type { NewTrust } from '../release/proof.js';
import type { RoomStep } from './room-plan.js';
import type { Scene } from './scenes.js';

/** Names the job's file to the tool that was started inside. */
export const JOB_VARIABLE = 'SANDSTORM_AIRGAP_REHEARSAL_JOB';

/** What is rehearsed, with paths as they are inside. Times in milliseconds. */
export interface Play {
  readonly home: string;
  readonly installScript: string;
  readonly tarball: string;
  readonly newerTarball: string | undefined;
  readonly baseUrl: string;
  readonly wildcardHost: string;
  readonly ports: Ports;
  readonly bindIp: string;
  readonly serverUser: string;
  readonly waive: readonly string[];
  readonly proof: {
    readonly allowUnsigned: boolean;
    readonly keyFile: string | undefined;
    readonly trustKey: NewTrust | undefined;
  };
  /** Keys that were added to the built-in ones on the real machine. */
  readonly trusted: readonly NewTrust[];
  /** What all names lead to inside. */
  readonly address: string;
  /** How a person would type the two commands. */
  readonly commands: { readonly install: string; readonly update: string };
  readonly patience: {
    readonly startTimeoutMs: number;
    readonly stableMs: number;
    readonly scriptTimeoutMs: number;
  };
}

/** Handed inside as a file in the work folder. */
export interface Job {
  readonly steps: readonly RoomStep[];
  readonly play: Play;
  /** The exchange folder as it is called outside. */
  readonly exchange: string;
  /** Those of the real machine: whoever is in one of them is not inside. */
  readonly namespaces: Readonly<Record<'mnt' | 'pid' | 'net', string | undefined>>;
}

/** Handed out as a file in the exchange folder. */
export type JobOutcome =
  | { readonly scenes: readonly Scene[] }
  | {
      readonly refusal: {
        readonly code: string;
        readonly message: string;
        readonly hint: string | undefined;
      };
    };

export const OUTCOME_FILE = 'outcome.json';
export const TRANSCRIPT_FILE = 'transcript.log';
