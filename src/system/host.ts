import type { Web } from './web.js';
import type { Ldap } from './ldap/types.js';

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

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly dev: number;
  readonly ino: number;
  readonly mtime: Date;
  /** Last change of anything about it, its name included; unlike mtime nobody can set it. */
  readonly ctime: Date;
}

export interface Files {
  /** undefined when nothing is there. Does not follow a final symlink. */
  lstat(path: string): Promise<FileStat | undefined>;
  /** undefined when nothing is there or the link dangles. */
  stat(path: string): Promise<FileStat | undefined>;
  readLink(path: string): Promise<string | undefined>;
  realPath(path: string): Promise<string | undefined>;
  /** Names in a folder, sorted; empty when there is no such folder or it may not be read. */
  list(path: string): Promise<string[]>;
  /**
   * The text of a file; undefined when there is none.
   * @throws Refusal E_IO when it is larger than `maxBytes` (default 1 MiB) or cannot be read.
   */
  readText(path: string, maxBytes?: number): Promise<string | undefined>;
  readBytes(path: string, maxBytes?: number): Promise<Buffer | undefined>;
  /** The first bytes of a file, as many as there are up to `length`. */
  readStart(path: string, length: number): Promise<Buffer>;
  /** The last bytes of a file as text; empty when there is no file. */
  readTail(path: string, length: number): Promise<string>;
  /**
   * Replaces a file whole: a temporary file beside it, fsync, rename, fsync of the folder. A reader, or
   * a machine after a power cut, sees the old text or the new one. Mode and owner of an existing file
   * are kept; `mode` (default 0644) is for a new one.
   */
  writeAtomic(path: string, data: string | Uint8Array, mode?: number): Promise<void>;
  /** Appends and fsyncs before it resolves. */
  appendSynced(path: string, data: string, mode?: number): Promise<void>;
  /** Creates the file and fsyncs it; false when it is already there (O_EXCL). */
  createExclusive(path: string, data: string, mode?: number): Promise<boolean>;
  makeDir(path: string, mode?: number): Promise<void>;
  /** rename(2) and fsync of the folder, unless told otherwise: of many, all are synced at once. */
  rename(from: string, to: string, options?: { readonly synced?: boolean }): Promise<void>;
  /** Mode 0644 whatever the umask. For many files: neither at once nor synced, a crash may leave a half or nothing. */
  writeUnsynced(path: string, data: string | Uint8Array): Promise<void>;
  /** Makes `path` a link to `target`, replacing what is there at once; the folder is fsynced. */
  replaceLink(path: string, target: string): Promise<void>;
  /**
   * Gives a file one more name, and fsyncs the folder. False, and nothing made, where the filesystem cannot or the
   * two lie on different ones.
   * @throws Refusal E_IO also when something has that name already
   */
  hardLink(from: string, to: string): Promise<boolean>;
  /** fsync of every file and folder below, links not followed. For few and large files; see `sync -f` for many. */
  syncTree(path: string): Promise<void>;
  /** fsync of a folder: the names in it are on the disk. */
  syncDir(path: string): Promise<void>;
  /** Removes a file, link or whole folder; content when it is not there. Never follows links. */
  remove(path: string): Promise<void>;
  /** The same for a single file or link; that it is gone is not synced. */
  removeUnsynced(path: string): Promise<void>;
  /** Removes a folder only if it is empty; says whether it did. */
  removeEmptyDir(path: string): Promise<boolean>;
  /**
   * By reflink where the filesystem can, else bytes. The copy has mode 0600 and is fsynced, unless told otherwise:
   * of many, all are synced at once.
   */
  copy(
    from: string,
    to: string,
    onBytes?: (total: number) => void,
    options?: { readonly mode?: number; readonly synced?: boolean },
  ): Promise<void>;
  /**
   * A copy that shares its blocks with the original, mode 0600, fsynced. False, and nothing made, where
   * the filesystem cannot or the two lie on different ones.
   */
  reflink(from: string, to: string): Promise<boolean>;
  /**
   * Keeps a folder open until the returned function is called, or this process ends however it may: whoever
   * tidies up sees that it is in use.
   */
  hold(path: string): Promise<() => void>;
  /**
   * Makes many files, and other names of files that are there, below a folder that nobody looks at yet; that folder
   * and those in between come by themselves. Readable to all, whatever the umask. Nothing is on the disk before it is synced.
   * @returns how many could only be copied, as the filesystem has no other names for them.
   */
  plant(root: string, things: Iterable<Planted>): Promise<{ readonly copied: number }>;
  /** A new file to be written piece by piece. @throws Refusal E_IO when something is already there. */
  openWrite(path: string, mode?: number): Promise<FileSink>;
  /** The first `length` bytes of a file that may be there, to be gone on with; the rest is cut off. Nothing is synced. */
  openAppend(path: string, length: number): Promise<AppendSink>;
  /** Bytes free to this user on the filesystem that holds `path` or its nearest existing parent. */
  freeSpace(path: string): Promise<{ readonly mount: string; readonly free: number; readonly dev: number }>;
  /**
   * Bytes on the disk that removing it would set free: what has another name elsewhere counts for nothing.
   * Links are not followed.
   */
  freedBytes(path: string): Promise<number>;
  /** A new private folder (0700) under the system's temporary folder. */
  makeTempDir(prefix: string): Promise<string>;
  readable(path: string): Promise<boolean>;
  writable(path: string): Promise<boolean>;
  /** In pieces of 1 MiB. @throws Refusal E_IO for anything but a regular file: a pipe would never end. */
  openRead(path: string): Promise<NodeJS.ReadableStream>;
  /**
   * Reads a file from its first byte to its last into one and the same memory of 1 MiB: a piece is good until `use`
   * has resolved. What `use` throws ends it and passes through.
   * @throws Refusal E_IO as openRead
   */
  readThrough(path: string, use: (piece: Buffer) => Promise<void>): Promise<void>;
}

/** A path below the root, and what is to be there: these bytes, or the file at `linkTo` under one more name. */
export type Planted =
  | { readonly path: string; readonly data: string | Uint8Array }
  | { readonly path: string; readonly linkTo: string };

/** Must be closed. */
export interface AppendSink {
  write(chunks: readonly Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

/** One of finish or abandon must be called. */
export interface FileSink {
  write(chunk: Uint8Array): Promise<void>;
  /** Closes it with the bytes on the disk, and its name in the folder too. */
  finish(): Promise<void>;
  /** Closes and removes it. */
  abandon(): Promise<void>;
}

export interface CommandResult {
  /** -1 when a signal ended it. */
  readonly exitCode: number;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly input?: string;
  /** Default 60 s; the process group is killed after that and exitCode is -1. */
  readonly timeoutMs?: number;
  /** Default 4 MiB of each stream are kept. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** It must not outlive us, also when we are killed: a copy that goes on alone would write into a second try. */
  readonly tied?: boolean;
}

export interface PtyOptions {
  readonly env: Record<string, string>;
  readonly cwd: string;
  readonly onData: (text: string) => void;
}

export interface Pty {
  write(text: string): void;
  /** Ends the whole process group. */
  kill(): Promise<void>;
  /** The command's exit code, once it has ended. */
  readonly done: Promise<number>;
}

export interface Commands {
  /** Runs to the end with an argument array. A non-zero exit is data, not an exception. */
  run(file: string, args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Absolute path of a program on PATH. */
  which(name: string): Promise<string | undefined>;
  /** `bash <args>` in a pseudo-terminal of its own (install.sh reads its answers from stdout's terminal). */
  openPty(bashArgs: readonly string[], options: PtyOptions): Pty;
  /**
   * Starts a filter (`xz -dc`); the caller connects the streams.
   * `done` resolves with exit code and the last 4 KiB of stderr.
   */
  filter(file: string, args: readonly string[]): Filter;
}

export interface Filter {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly done: Promise<{ readonly exitCode: number; readonly stderr: string }>;
  kill(): void;
}

export interface PortHolder {
  readonly address: string;
  readonly port: number;
  /** undefined when it belongs to somebody whose processes we may not look at. */
  readonly pid: number | undefined;
  readonly program: string | undefined;
}

export interface Holding {
  readonly by: 'cwd' | 'root' | 'exe' | 'fd';
  /** As the kernel names it: absolute, without links. */
  readonly path: string;
}

/** A process and all that it has hold of. */
export interface ProcessGlance {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
  /** As in /proc/PID/comm. */
  readonly name: string;
  readonly command: readonly string[];
  readonly held: readonly Holding[];
  /** "device:inode" of its working folder and of its root: other mount namespaces have other paths. */
  readonly identities: readonly string[];
  /** This user may not look at all of it. */
  readonly hidden: boolean;
}

export interface Processes {
  alive(pid: number): boolean;
  /** Working directory of a process; undefined when it is gone or not ours to look at. */
  cwd(pid: number): Promise<string | undefined>;
  /** Name from /proc/PID/comm. */
  name(pid: number): Promise<string | undefined>;
  /** The process that started it, or adopted it; undefined for the first of all and for one that is gone. */
  parent(pid: number): Promise<number | undefined>;
  /** Moment of start in clock ticks since boot: with the pid it tells a process from a later one of the same number. */
  startTime(pid: number): Promise<string | undefined>;
  /** Everything that listens on a TCP port. */
  listening(port: number): Promise<PortHolder[]>;
  /** Every process but zombies. */
  all(): ProcessGlance[];
  readonly self: number;
}

export type DnsAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'nxdomain' }
  /** The name exists but has no record of that type. */
  | { readonly kind: 'nodata' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'servfail' }
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface Dns {
  /** Asks one server ("10.0.0.2", "10.0.0.2:5353", "[fe80::1]:53") for A or AAAA records. */
  query(server: string, name: string, type: 'A' | 'AAAA'): Promise<DnsAnswer>;
  /** What programs on this machine get: getaddrinfo, with /etc/hosts and everything else in it. */
  lookup(name: string): Promise<readonly string[]>;
  /** The servers this machine is configured to ask. */
  systemServers(): readonly string[];
  /** Addresses of this machine's own interfaces, loopback included. */
  ownAddresses(): readonly string[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most `maxBytes` of it. */
  readonly body: string;
  /** Why the certificate would not be trusted, when the server was asked all the same. */
  readonly tlsProblem: string | undefined;
}

export interface HttpOptions {
  /** Connect there instead of to the URL's host (the Host header and TLS name stay the URL's). */
  readonly connectTo?: { readonly address: string; readonly port: number };
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** More of them; no line ends within. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Http {
  /**
   * One GET, redirects not followed, names through `Dns.lookup`.
   * @throws Error with a plain sentence when there is no answer.
   */
  get(url: string, options?: HttpOptions): Promise<HttpAnswer>;
}

export interface Tcp {
  /**
   * The first line a server says by itself (SMTP does), at most 512 characters.
   * @throws Error with a plain sentence when nothing is said in time
   */
  greeting(host: string, port: number, timeoutMs?: number): Promise<string>;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export interface HandshakeOptions {
  /** The name asked for (SNI); default: the host. */
  readonly serverName?: string;
  /** PEM; default: those that node knows. */
  readonly trust?: readonly string[];
  readonly version?: TlsVersion;
  /** As OpenSSL writes a list of them; for TLS 1.2 and older. */
  readonly ciphers?: string;
  readonly timeoutMs?: number;
}

export type Handshake =
  | {
      readonly done: true;
      readonly version: string;
      readonly cipher: string;
      /** DER, leaf first. */
      readonly chain: readonly Buffer[];
      /** Why the chain is not trusted; names are not looked at. */
      readonly trustProblem: string | undefined;
    }
  /** `refused`: something answered, and would not have it so. */
  | { readonly done: false; readonly refused: boolean; readonly why: string };

/** Certificate chain and key in PEM, as a server gets them. */
export interface ServedPair {
  readonly chain: string;
  readonly key: string;
  readonly passphrase?: string;
  readonly ciphers?: string;
  readonly minVersion?: TlsVersion;
}

export interface Tls {
  /** Connects, shakes hands and hangs up; whatever the certificate. */
  handshake(host: string, port: number, options?: HandshakeOptions): Promise<Handshake>;
  /**
   * A server with that certificate on loopback, for as long as `work` takes; `work` gets its port.
   * @throws Error when certificate and key are not taken
   */
  serving<T>(pair: ServedPair, work: (port: number) => Promise<T>): Promise<T>;
}

export interface Log {
  (line: string): void;
  /** From now on this text is written as `…` wherever it would appear in a transcript. */
  hide(secret: string): void;
}
