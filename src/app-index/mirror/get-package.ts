import { createHash, type Hash } from 'node:crypto';
import type { AppendSink, Host } from '../../system/host.js';
import type { WebHead } from '../../system/web.js';
import { findBeginning, type Beginning } from './beginning.js';
import type { Fetching } from './get-file.js';
import { wrongBytes } from './judge-file.js';
import { LARGEST, pooled, type Wanted } from './place.js';
import { askOnce, lengthOf, tooLarge, Unfit } from './source.js';

/** Up to here a package is taken in memory, and written once it is known to be right. */
const SMALL = 1024 * 1024;
const WRITE_AT_ONCE = 1024 * 1024;

/** One try; what came of it stays for the next one, unless it is wrong. @throws Unfit, WebTrouble, Refusal E_IO */
export async function getPackage(wanted: Wanted, fetching: Fetching): Promise<{ head: WebHead }> {
  const { source, place, host } = fetching;
  const begun = await findBeginning(wanted, fetching);
  // Of what is here already, so that it is known when the rest begins to come.
  const hash = await hashOf(begun, host);
  let intake: Intake | undefined;
  try {
    const request = { method: 'GET', path: wanted.path, headers: begun.headers } as const;
    const head = await askOnce(source, request, (answer) => {
      const from = begun.goesOnAt(answer);
      if (from === undefined) return undefined;
      const taking = new Intake(wanted, fetching, begun, answer, {
        from,
        hash: from === 0 ? createHash('sha256') : hash,
      });
      intake = taking;
      return (piece) => taking.take(piece);
    });
    if (head.status === 416) throw new Unfit('what was begun does not go on', true, true);
    await intake?.finish(pooled(place, wanted));
    return { head };
  } catch (error) {
    const isWrong = error instanceof Unfit && error.corrupt;
    await intake?.stop(isWrong);
    if (isWrong) await begun.forget();
    throw error;
  }
}

/** Writes a package piece by piece, and hashes it on the way. */
class Intake {
  private sink: AppendSink | undefined;
  /** What is being written when the transfer breaks off must come to its end. */
  private writing: Promise<void> = Promise.resolve();
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private here: number;
  private readonly hash: Hash;
  private readonly total: number | undefined;
  private readonly inMemory: boolean;

  constructor(
    private readonly wanted: Wanted,
    private readonly fetching: Fetching,
    private readonly begun: Beginning,
    private readonly answer: WebHead,
    private readonly start: { readonly from: number; readonly hash: Hash },
  ) {
    const length = lengthOf(answer);
    this.here = start.from;
    this.hash = start.hash;
    this.total = length === undefined ? undefined : start.from + length;
    this.inMemory = start.from === 0 && (length ?? Infinity) <= SMALL;
    this.refuseTooLarge(this.total ?? 0);
  }

  take(piece: Buffer): void | Promise<void> {
    this.here += piece.length;
    this.refuseTooLarge(this.here);
    this.hash.update(piece);
    this.waiting.push(piece);
    this.waitingBytes += piece.length;
    this.fetching.onBytes(this.wanted, this.here, this.total, piece.length);
    if (this.inMemory || this.waitingBytes < WRITE_AT_ONCE) return undefined;
    this.writing = this.flush();
    return this.writing;
  }

  /** @throws Unfit when it is not the package of that id */
  async finish(path: string): Promise<void> {
    const { files } = this.fetching.host;
    if (this.hash.digest('hex').slice(0, 32) !== this.wanted.name) throw wrongBytes();
    if (this.inMemory) {
      await files.writeUnsynced(path, Buffer.concat(this.waiting));
    } else {
      await this.flush();
      await this.close();
      await files.rename(this.begun.file, path, { synced: false });
    }
    if (!this.inMemory || this.begun.length > 0) await this.begun.forget();
  }

  async stop(isWrong: boolean): Promise<void> {
    await this.writing.catch(() => undefined);
    try {
      if (!isWrong && !this.inMemory && this.waitingBytes > 0) await this.flush();
    } finally {
      await this.close();
    }
  }

  private async flush(): Promise<void> {
    // Before the first bytes: what belongs to another file must not be taken for their beginning.
    if (this.sink === undefined) await this.begun.remember(this.answer);
    this.sink ??= await this.fetching.host.files.openAppend(this.begun.file, this.start.from);
    const chunks = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    await this.sink.write(chunks);
  }

  private async close(): Promise<void> {
    const { sink } = this;
    this.sink = undefined;
    await sink?.close();
  }

  private refuseTooLarge(bytes: number): void {
    if (bytes > LARGEST.packages) throw new Unfit(tooLarge(LARGEST.packages), false, true);
  }
}

async function hashOf({ file, length }: Beginning, host: Host): Promise<Hash> {
  const hash = createHash('sha256');
  if (length === 0) return hash;
  for await (const piece of (await host.files.openRead(file)) as AsyncIterable<Buffer>) hash.update(piece);
  return hash;
}
