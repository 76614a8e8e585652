import { extract } from 'tar-stream';
import type { ContentsJudge } from './contents.js';
import { contentsRefused } from './refusals.js';
import { NotTar, TarLayout } from './tar-layout.js';

/** Takes a tar piece by piece and shows its entries to a judge. */
export interface TarReader {
  /** @throws Refusal of the judge, or NotTar */
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
  /** Lets go of everything; for after a failure. */
  destroy(): void;
}

export function tarReader(judge: ContentsJudge): TarReader {
  const layout = new TarLayout();
  const library = extract();
  let failure: Error | undefined;
  let wake = (): void => undefined;

  library.on('error', (error: Error) => {
    failure ??= error;
  });
  // 'close' comes after 'error' too, so that nobody waits for room in a stream that is gone.
  for (const event of ['drain', 'finish', 'close']) library.on(event, () => wake());

  library.on('entry', (header, body, next) => {
    // Streams of a destroyed tar fail one by one; the first failure has been kept.
    body.on('error', () => undefined);
    try {
      const { byteOffset } = header as typeof header & { byteOffset?: number };
      if (byteOffset !== layout.nextDataOffset())
        throw contentsRefused(header.name, 'can be read in two ways');
      if (judge.entry(header) === 'data') body.on('data', (piece) => judge.data(piece as Buffer));
      else body.resume();
    } catch (refusal) {
      failure ??= refusal as Error;
      next(failure);
      return;
    }
    body.on('end', () => next(null));
  });

  const settled = async (ready: boolean): Promise<void> => {
    if (!ready && failure === undefined && !library.destroyed) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
    if (failure !== undefined) throw asRefusal(failure);
  };

  return {
    async write(chunk) {
      layout.push(chunk);
      await settled(library.write(chunk));
    },
    async end() {
      layout.end();
      library.end(undefined);
      await settled(false);
    },
    destroy: () => {
      library.destroy(failure ?? null);
    },
  };
}

/** The library's own complaints ("Invalid tar header...") are about bytes, ours about what they say. */
function asRefusal(failure: Error): Error {
  return failure.name === 'Refusal' ? failure : new NotTar(failure.message, { cause: failure });
}
