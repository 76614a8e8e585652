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
