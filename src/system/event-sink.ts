import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../errors.js';

/** Lines for a program that looks on. It can never hold up or break the work it is told of. */
export interface EventSink {
  write(line: string): void;
  /** Gives a slow reader a moment for the rest. */
  close(): Promise<void>;
}

/** Standard output, given over to lines of JSON: events, and the answer after them. */
export interface OutputSink extends EventSink {
  /** Once all of it is read, or nobody reads any more: what is written then is not lost for being one too many. */
  settled(): Promise<void>;
}

/** What a reader may be behind; more is lost for it. */
const MOST_WAITING = 4 * 1024 * 1024;
const LAST_MOMENT_MS = 1000;
const POLL_MS = 20;

/**
 * @param to a number names a descriptor that the caller has opened (`3>&1`); anything else is a file, added to
 * @throws Refusal E_IO
 */
export function openEventSink(to: string): EventSink {
  return isSocket(to) ? throughSocket(Number(to)) : throughDescriptor(open(to));
}

/**
 * The one writer of standard output: a second one would get between the halves of a line that a slow reader has not
 * taken yet. It is never closed.
 * @throws Refusal E_IO where it is closed
 */
export function openOutputSink(): OutputSink {
  const lines = isSocket('1') ? throughStream(process.stdout) : queued(outputDescriptor());
  const settled = async (): Promise<void> => {
    while (lines.waiting() > 0) await sleep(POLL_MS);
  };
  return { write: lines.write, settled, close: settled };
}

/** Files are not opened anew: what a shell writes there after us would overwrite it. */
function outputDescriptor(): number {
  try {
    return fstatSync(1).isFIFO() ? open('1') : 1;
  } catch (error) {
    // A pipe of another user's (`runuser`) cannot be opened anew. What hangs there hangs without events, too.
    if (error instanceof Refusal && causedBy(error) === 'EACCES') return 1;
    throw error instanceof Refusal ? error : notWritable('standard output', error);
  }
}

interface Lines {
  write(line: string): void;
  /** Bytes that are not read yet; 0 once nobody reads any more. */
  waiting(): number;
}

function throughStream(stream: NodeJS.WriteStream): Lines {
  let isGone = false;
  stream.on('error', () => (isGone = true));
  return {
    write: (line) => {
      const length = stream.writableLength;
      if (!isGone && (length === 0 || length < MOST_WAITING)) stream.write(`${line}\n`);
    },
    waiting: () => (isGone ? 0 : stream.writableLength),
  };
}

/** What node gives a child as a "pipe". It cannot be opened anew like a pipe, and need not: node never waits for it. */
function throughSocket(descriptor: number): EventSink {
  const socket = new Socket({ fd: descriptor, readable: false, writable: true });
  socket.on('error', () => socket.destroy());
  socket.unref();
  return {
    write: (line) => {
      if (socket.writable && socket.writableLength < MOST_WAITING) socket.write(`${line}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => socket.destroy(), LAST_MOMENT_MS);
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        if (socket.destroyed) resolve();
        else socket.end(() => socket.destroy());
      }),
  };
}

function throughDescriptor(descriptor: number): EventSink {
  const { write, waiting } = queued(descriptor);
  return {
    write,
    close: async () => {
      const end = performance.now() + LAST_MOMENT_MS;
      while (waiting() > 0 && performance.now() < end) await sleep(POLL_MS);
      closeSync(descriptor);
    },
  };
}

function queued(descriptor: number): Lines {
  let rest = Buffer.alloc(0);
  let isGone = false;

  const flush = (): void => {
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(descriptor, rest));
      } catch (error) {
        // EAGAIN: the pipe is full. All else (nobody reads any more, the disk is full): the work goes on without.
        isGone = (error as NodeJS.ErrnoException).code !== 'EAGAIN';
        return;
      }
    }
  };

  return {
    write: (line) => {
      const text = Buffer.from(`${line}\n`);
      if (isGone || (rest.length > 0 && rest.length + text.length > MOST_WAITING)) return;
      rest = Buffer.concat([rest, text]);
      flush();
    },
    waiting: () => {
      flush();
      return isGone ? 0 : rest.length;
    },
  };
}

function isSocket(to: string): boolean {
  try {
    return isDescriptor(to) && fstatSync(Number(to)).isSocket();
  } catch {
    return false;
  }
}

function isDescriptor(to: string): boolean {
  return /^\d+$/.test(to);
}

function open(to: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  // Opened anew: O_NONBLOCK on the descriptor itself would count for everybody who shares it. A pipe that is full, or
  // that nobody reads, would else hold an update for ever with the server down.
  const path = isDescriptor(to) ? `/proc/self/fd/${to}` : to;
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_NONBLOCK | (isDescriptor(to) ? 0 : O_CREAT), 0o600);
  } catch (error) {
    throw notWritable(to, error);
  }
}

function notWritable(to: string, cause: unknown): Refusal {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Refusal('E_IO', `cannot write events to ${to}: ${why}`, {
    hint: 'give a file, or the number of a descriptor that is open as a pipe or a file: --events 3 3>events.ndjson',
    cause,
  });
}

function causedBy({ cause }: Refusal): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
