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
