import type { Host } from '../system/host.js';
import { Unpacking, type UnpackedSink, type XzTrouble } from './unpacking.js';
import { endOfSingleBlock, readBlockHeader, XZ_HEADER_BYTES } from './xz-blocks.js';

/** Takes an xz stream as it goes by, and lets be unpacked what the sink wants of it. */
export interface Feed {
  /** Resolves when the chunk's memory is free again. @throws NotAnXzBlock, what the sink threw */
  write(chunk: Buffer): Promise<void>;
  /** After the last one. @returns why it could not be unpacked. @throws what the sink threw */
  end(): Promise<XzTrouble | undefined>;
  kill(): void;
}

export function feedFor(host: Host, sink: UnpackedSink): Feed {
  return sink.wantsAll ? new Unpacking(host, sink, WHOLE) : new BlockFeed(host, sink);
}

const WHOLE = { start: 0, end: Infinity };

/** Packed bytes that may wait for xz while the file is read on; one block of a genuine package has less. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/**
 * Leaves out the blocks of which the sink wants nothing: a manifest in the middle of 500 MB then costs one
 * block of 24 MiB. Blocks that do not say how long they are, as xz makes them with one thread, are unpacked
 * from there on.
 */
class BlockFeed implements Feed {
  private streamHeader: Buffer | undefined;
  /** Bytes of a header that is not here whole. */
  private pending: Buffer = Buffer.alloc(0);
  /** Packed bytes of the present block that are still to come; undefined between blocks. */
  private left: number | undefined;
  private place = 0;
  private unpacking: Unpacking | undefined;
  private endOfBlock: Buffer | undefined;
  private waits = false;
  private trouble: XzTrouble | undefined;

  constructor(
    private readonly host: Host,
    private readonly sink: UnpackedSink,
  ) {}

  async write(chunk: Buffer): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.left === undefined) rest = await this.header(rest);
      else {
        const piece = rest.subarray(0, this.left);
        rest = rest.subarray(piece.length);
        await this.content(piece);
      }
    }
  }

  async end(): Promise<XzTrouble | undefined> {
    await this.finish();
    return this.trouble;
  }

  kill(): void {
    this.unpacking?.kill();
  }

  /** @returns what does not belong to the header */
  private async header(bytes: Buffer): Promise<Buffer> {
    const all = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    this.pending = Buffer.alloc(0);
    if (this.streamHeader === undefined) {
      if (all.length >= XZ_HEADER_BYTES) {
        this.streamHeader = Buffer.from(all.subarray(0, XZ_HEADER_BYTES));
        return all.subarray(XZ_HEADER_BYTES);
      }
    } else {
      const header = readBlockHeader(all, this.streamHeader);
      if (header !== undefined) {
        if (header.kind === 'sized') await this.begin(header, header.packedBytes, this.streamHeader);
        else if (header.kind === 'unsized') await this.begin(undefined, Infinity, this.streamHeader);
        // The index is judged with the file's end.
        else this.left = Infinity;
        return all;
      }
    }
    this.pending = Buffer.from(all);
    return Buffer.alloc(0);
  }

  private async begin(
    block: { readonly unpaddedBytes: number; readonly unpackedBytes: number } | undefined,
    packedBytes: number,
    streamHeader: Buffer,
  ): Promise<void> {
    // What it wants of this one may stand in the one before.
    await this.finish();
    const end = this.place + (block?.unpackedBytes ?? Infinity);
    this.left = packedBytes;
    if (this.trouble === undefined && this.sink.wantsIn(this.place, end)) {
      this.unpacking = new Unpacking(this.host, this.sink, { start: this.place, end });
      this.unpacking.give(streamHeader);
      this.waits = packedBytes > MAX_WAITING_BYTES;
      this.endOfBlock = block === undefined ? undefined : endOfSingleBlock(block, streamHeader);
    }
    this.place = end;
  }

  private async content(piece: Buffer): Promise<void> {
    if (this.waits) await this.unpacking?.write(piece);
    else this.unpacking?.give(piece);
    this.left = (this.left ?? 0) - piece.length;
    if (this.left > 0) return;
    this.left = undefined;
    if (this.endOfBlock !== undefined) this.unpacking?.give(this.endOfBlock);
  }

  private async finish(): Promise<void> {
    const { unpacking } = this;
    this.unpacking = undefined;
    try {
      this.trouble ??= await unpacking?.end();
    } finally {
      unpacking?.kill();
    }
  }
}
