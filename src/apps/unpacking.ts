import type { Filter, Host } from '../system/host.js';

/** What `xz -8` needs; `spk pack` asks for 9 MiB. A file that asks for more was made to exhaust the memory. */
export const XZ_MEMORY = '40MiB';

/** Gets what a package unpacks to. What it throws ends the reading. */
export interface UnpackedSink {
  /** @param start the chunk's place in the stream; there are gaps where nothing was wanted */
  push(chunk: Buffer, start: number): void;
  /** Whether it needs to see something between these places. */
  wantsIn(start: number, end: number): boolean;
  /** It does, everywhere. */
  readonly wantsAll: boolean;
}

/** What xz had to say. */
export interface XzTrouble {
  readonly exitCode: number;
  readonly stderr: string;
}

/** The system's xz at work on a stretch of the stream, for as long as the sink wants more of it. */
export class Unpacking {
  private readonly xz: Filter;
  /** Resolves when nothing more comes out, whatever the reason. */
  private readonly poured: Promise<void>;
  private isOver = false;
  private isStopped = false;
  private failure: Error | undefined;

  constructor(
    host: Host,
    private readonly sink: UnpackedSink,
    /** Places in what the whole package unpacks to. */
    private readonly stretch: { readonly start: number; readonly end: number },
  ) {
    this.xz = host.commands.filter('xz', [
      '--decompress',
      '--stdout',
      '--threads=1',
      `--memlimit-decompress=${XZ_MEMORY}`,
    ]);
    this.xz.stdin.on('error', () => undefined);
    this.xz.stdout.on('error', () => undefined);
    this.poured = this.pour();
  }

  /** Goes on at once, with a copy. */
  give(chunk: Buffer): void {
    if (!this.isOver) this.xz.stdin.write(Buffer.from(chunk));
  }

  /** Resolves when it is written, or need not be. What xz dislikes is told at the end. @throws what the sink threw */
  async write(chunk: Buffer): Promise<void> {
    if (!this.isOver) {
      const written = new Promise<void>((resolve) => void this.xz.stdin.write(chunk, () => resolve()));
      await Promise.race([written, this.poured]);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** @returns undefined when it is well, or was no longer needed. @throws what the sink threw */
  async end(): Promise<XzTrouble | undefined> {
    this.xz.stdin.end();
    await this.poured;
    if (this.failure !== undefined) throw this.failure;
    if (this.isStopped) return undefined;
    const done = await this.xz.done;
    return done.exitCode === 0 ? undefined : done;
  }

  kill(): void {
    this.isOver = true;
    this.xz.kill();
  }

  private async pour(): Promise<void> {
    const { sink } = this;
    let { start } = this.stretch;
    try {
      for await (const chunk of this.xz.stdout as AsyncIterable<Buffer>) {
        sink.push(chunk, start);
        start += chunk.length;
        this.isStopped = !sink.wantsIn(start, this.stretch.end);
        if (this.isStopped) break;
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
    this.isOver = true;
    // One that has come to its own end is not to be hit on the way out: its exit code counts.
    if (this.isStopped || this.failure !== undefined) this.xz.kill();
  }
}
