import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { FrameGate, searchResultCode, type FrameLimits } from './frames.js';

/**
 * A connection of which each `data` event is one whole, well-formed LDAP message. Looks to ldapts like a
 * socket that is connected already.
 */
export class GatedSocket extends Duplex {
  readonly connecting = false;
  readonly readyState = 'open';
  /** Result code of the last search: ldapts keeps silent about a size limit that we set ourselves. */
  private lastSearchCode: number | undefined;
  /** Why it was cut off. */
  trouble: string | undefined;

  constructor(
    private readonly socket: Socket,
    limits?: FrameLimits,
  ) {
    super({ readableObjectMode: true, allowHalfOpen: false });
    const gate = new FrameGate(limits);
    socket.on('data', (piece: Buffer) => {
      try {
        for (const frame of gate.feed(piece)) {
          this.lastSearchCode = searchResultCode(frame) ?? this.lastSearchCode;
          if (!this.push(frame)) socket.pause();
        }
      } catch (error) {
        this.trouble = error instanceof Error ? error.message : String(error);
        this.destroy();
      }
    });
    socket.on('error', (error) => {
      this.trouble ??= error.message;
      this.destroy();
    });
    socket.on('close', () => this.destroy());
  }

  get searchCode(): number | undefined {
    return this.lastSearchCode;
  }

  forgetSearchCode(): void {
    this.lastSearchCode = undefined;
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.socket.destroyed) done(new Error('the connection is closed'));
    else this.socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }
}
