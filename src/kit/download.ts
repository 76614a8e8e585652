import { findBeginning } from '../app-index/mirror/beginning.js';
import { askOnce, gather, lengthOf, Unfit, untilAnswered, type Source } from '../app-index/mirror/source.js';
import type { AppendSink, Host } from '../system/host.js';
import { WebTrouble, type WebHead } from '../system/web.js';
import { downloadFailed, stopped } from './refusals.js';

/** Of a release; the next one may be twice as large as any so far. */
const LARGEST_FILE = 2 * 1024 ** 3;
const WRITE_AT_ONCE = 1024 * 1024;

/** Folders of the cache; both are there. */
export interface Cache {
  readonly dir: string;
  readonly partial: string;
}

/**
 * A small file, into memory; undefined when the server has none.
 * @throws Refusal E_KIT_DOWNLOAD, E_CANCELLED
 */
export async function fetchSmall(
  path: string,
  most: number,
  source: Source,
  host: Host,
): Promise<Buffer | undefined> {
  return orRefusal(path, source, async () => {
    let pieces: Buffer[] = [];
    const { head } = await untilAnswered(source, host, async () => {
      pieces = [];
      return {
        head: await askOnce(source, { method: 'GET', path }, ({ status }) =>
          status === 200 ? gather(pieces, most) : undefined,
        ),
      };
    });
    if (isAbsent(head)) return undefined;
    if (head.status !== 200) throw new Unfit(`status ${String(head.status)}`, false, false);
    return Buffer.concat(pieces);
  });
}

/** Bytes of a file, if its server says so; undefined when it does not. @throws Refusal E_KIT_DOWNLOAD */
export async function sizeElsewhere(path: string, source: Source, host: Host): Promise<number | undefined> {
  return orRefusal(path, source, async () => {
    const { head } = await untilAnswered(source, host, async () => ({
      head: await askOnce(source, { method: 'HEAD', path }, () => undefined),
    }));
    if (head.status !== 200) throw new Unfit(`status ${String(head.status)}`, false, false);
    return lengthOf(head);
  });
}

/**
 * A large file, into `file`. What was cut off is gone on with in the middle, if its server says that it is the same
 * file still. Whether it is genuine is for the caller to find out.
 * @param name of the beginning in the cache
 * @throws Refusal E_KIT_DOWNLOAD, E_CANCELLED, E_IO
 */
export async function fetchLarge(
  { path, name, file }: { readonly path: string; readonly name: string; readonly file: string },
  { partial }: Cache,
  source: Source,
  host: Host,
  onBytes: (here: number, total: number | undefined) => void,
): Promise<void> {
  const beginnings = new Set(await host.files.list(partial));
  await orRefusal(path, source, async () => {
    const { head } = await untilAnswered(source, host, async () => {
      const begun = await findBeginning({ name }, { place: { partial }, host, beginnings });
      let intake: Intake | undefined;
      try {
        const request = { method: 'GET', path, headers: begun.headers } as const;
        const head = await askOnce(source, request, (answer) => {
          const from = begun.goesOnAt(answer);
          if (from === undefined) return undefined;
          const length = lengthOf(answer);
          const total = length === undefined ? undefined : from + length;
          const taking = new Intake(
            host,
            begun.file,
            from,
            () => begun.remember(answer),
            (here) => onBytes(here, total),
          );
          intake = taking;
          return (piece) => taking.take(piece);
        });
        await intake?.finish();
        if (head.status === 416) throw new Unfit('what was begun does not go on', true, true);
        if (intake !== undefined) await host.files.rename(begun.file, file);
        if (intake !== undefined) await begun.forget();
        return { head };
      } catch (error) {
        await intake?.finish().catch(() => undefined);
        if (error instanceof Unfit && error.corrupt) await begun.forget();
        throw error;
      }
    });
    if (head.status !== 200 && head.status !== 206)
      throw new Unfit(
        isAbsent(head) ? 'there is no such file' : `status ${String(head.status)}`,
        false,
        false,
      );
  });
}

/** Writes what comes a mebibyte at a time. */
class Intake {
  private sink: AppendSink | undefined;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly host: Host,
    private readonly file: string,
    private here: number,
    private readonly begin: () => Promise<void>,
    private readonly onBytes: (here: number) => void,
  ) {}

  take(piece: Buffer): void | Promise<void> {
    this.waiting.push(piece);
    this.waitingBytes += piece.length;
    if (this.here + this.waitingBytes > LARGEST_FILE)
      throw new Unfit('it is larger than any release', false, true);
    this.onBytes(this.here + this.waitingBytes);
    if (this.waitingBytes < WRITE_AT_ONCE) return undefined;
    this.writing = this.flush();
    return this.writing;
  }

  async finish(): Promise<void> {
    await this.writing.catch(() => undefined);
    try {
      await this.flush();
    } finally {
      await this.sink?.close();
      this.sink = undefined;
    }
  }

  private async flush(): Promise<void> {
    if (this.waitingBytes === 0 && this.sink !== undefined) return;
    // Before the first bytes: what belongs to another file must not be taken for their beginning.
    if (this.sink === undefined) await this.begin();
    this.sink ??= await this.host.files.openAppend(this.file, this.here);
    const chunks = this.waiting;
    this.here += this.waitingBytes;
    this.waiting = [];
    this.waitingBytes = 0;
    await this.sink.write(chunks);
  }
}

async function orRefusal<T>(path: string, { base, signal }: Source, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw stopped();
    if (!(error instanceof Unfit || error instanceof WebTrouble)) throw error;
    throw downloadFailed([{ url: new URL(path, base).href, why: error.message }]);
  }
}

function isAbsent({ status }: WebHead): boolean {
  return status === 404 || status === 410;
}
