import type { LdapQuestion } from '../identity/ldap/observe.js';
import type { Host } from '../system/host.js';
import type { CheckFacts } from './check-facts.js';
import type { SnapshotScope } from '../update/step.js';

/** What is going to happen: decides which checks apply. */
export type Phase = 'install' | 'update';

/** Everything a check may want to know about the planned server. What is not known yet is left out. */
export interface Subject {
  readonly phase: Phase;
  /** Install directory, absolute. */
  readonly home: string;
  /** As given: scheme, host, optional port. */
  readonly baseUrl?: string;
  /** As given: exactly one star, optional port. */
  readonly wildcardHost?: string;
  readonly ports?: Ports;
  /** 0.0.0.0, 127.0.0.1 or one of this machine's addresses. */
  readonly bindIp?: string;
  /** DNS servers to ask besides the system's own: IP or IP:PORT. */
  readonly resolvers: readonly string[];
  /** The address every name must have, when it is not one of this machine's (a proxy, NAT). */
  readonly expectAddress?: string;
  /** Facts of the release that will be installed. */
  readonly release?: PlannedRelease;
  /** Account the server runs as, where one was named. */
  readonly serverUser?: string;
  /** A server without root rights (install.sh -u). */
  readonly unprivileged: boolean;
  /** What an update copies beforehand (default: the database). */
  readonly snapshot?: SnapshotScope;
  /** Folder for the private copy of the tarball. */
  readonly stagingDir: string;
  /** The directory people will log in with, where one was named. */
  readonly ldap?: LdapQuestion;
}

export interface PlannedRelease {
  readonly build: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** It carries MongoDB 7 (bin/mongod7), which needs AVX and a migration of an older database. */
  readonly needsAvx?: boolean;
}

export interface Ports {
  readonly http: readonly number[];
  readonly https?: number;
  readonly mongo: number;
  readonly smtp: number;
}

export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skip';

export interface CheckResult {
  readonly status: CheckStatus;
  /** One sentence each; the first is the headline. */
  readonly lines: readonly string[];
  /** What to do about it: a command to type, a record to add. One or more lines. */
  readonly fix?: readonly string[];
  /** Facts for --json. */
  readonly facts?: CheckFacts;
}

/** One thing that must be so before anything is changed. Stable id; one file each in checks/. */
export interface Check {
  readonly id: string;
  readonly group: 'Machine' | 'Network' | 'Server' | 'Logins';
  /** What is looked at, in two or three words. */
  readonly title: string;
  readonly phases: readonly Phase[];
  /** Only of what was named for it: nobody who has not asked is told of it. */
  readonly applies?: (subject: Subject) => boolean;
  run(context: CheckContext): Promise<CheckResult>;
}

export interface CheckContext {
  readonly host: Host;
  readonly subject: Subject;
}

export interface ReportedCheck extends CheckResult {
  readonly id: string;
  /** The heading it stands under. */
  readonly group: string;
  readonly title: string;
  /** It failed, and the administrator said to go on all the same (--waive ID). */
  readonly waived: boolean;
}

type Extra = Omit<CheckResult, 'status' | 'lines'>;

const result =
  (status: CheckStatus) =>
  (lines: string | readonly string[], extra: Extra = {}): CheckResult => ({
    status,
    lines: typeof lines === 'string' ? [lines] : lines,
    ...extra,
  });

export const pass = result('pass');
export const warn = result('warn');
export const fail = result('fail');
/** Not looked at, with the reason: never silently. */
export const skip = result('skip');
