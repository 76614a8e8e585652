import type { Commands } from './effects/commands.js';
import type { Files } from './effects/files.js';
import type { Dns, Http, Tcp, Tls } from './effects/network.js';
import type { Processes } from './effects/processes.js';
import type { Web } from './web.js';
import type { Ldap } from './ldap/types.js';

export type * from './effects/commands.js';
export type * from './effects/files.js';
export type * from './effects/network.js';
export type * from './effects/processes.js';

/**
 * All effects in one place. `main.ts` makes one Host and passes it down; tests and the rehearsal make
 * their own. Nothing outside `system/` touches processes, files, sockets, the clock or the terminal.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly name: string; readonly home: string };
  readonly layout: Layout;
  readonly clock: Clock;
  readonly files: Files;
  readonly commands: Commands;
  readonly processes: Processes;
  readonly dns: Dns;
  readonly http: Http;
  readonly web: Web;
  readonly ldap: Ldap;
  readonly tcp: Tcp;
  readonly tls: Tls;
  /** Aborted when the tool is told to stop (SIGINT, SIGTERM, SIGHUP): what is going on must come to a safe end. */
  readonly interrupted: AbortSignal;
  /** Work that must not be cut off by the first SIGINT or SIGTERM; it watches `interrupted` instead. */
  unbroken<T>(work: () => Promise<T>): Promise<T>;
  /** Appends a line to the transcript of this run (--log-file, run folder). Secrets are taken out. */
  readonly log: Log;
}

/** Where things outside HOME lie. The rehearsal points all of it into a throw-away folder. */
export interface Layout {
  /** Journals, locks, staged tarballs: /var/lib/sandstorm-airgap for root. */
  readonly stateDir: string;
  /** Where install.sh puts its `sandstorm` and `spk` links: /usr/local/bin. */
  readonly binDir: string;
  /** In systemd's order of precedence: /etc/systemd/system, /run/systemd/system, /usr/lib/systemd/system. */
  readonly systemdUnitDirs: readonly string[];
  /** /etc/init.d */
  readonly initDir: string;
  /** /proc */
  readonly proc: string;
  /** /etc/hosts and /etc/resolv.conf live here. */
  readonly etc: string;
}

export interface Clock {
  now(): Date;
  /** Milliseconds since an arbitrary moment, never going back. */
  monotonic(): number;
  sleep(ms: number): Promise<void>;
}

export interface Log {
  (line: string): void;
  /** From now on this text is written as `…` wherever it would appear in a transcript. */
  hide(secret: string): void;
}
