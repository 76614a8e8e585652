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
  let waiting = Buffer.alloc(0);
  let isGone = false;

  const flush = (): void => {
    while (waiting.length > 0) {
      try {
        waiting = waiting.subarray(writeSync(descriptor, waiting));
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
      if (isGone || waiting.length + text.length > MOST_WAITING) return;
      waiting = Buffer.concat([waiting, text]);
      flush();
    },
    close: async () => {
      const end = performance.now() + LAST_MOMENT_MS;
      flush();
      while (waiting.length > 0 && !isGone && performance.now() < end) {
        await sleep(POLL_MS);
        flush();
      }
      closeSync(descriptor);
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
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('E_IO', `cannot write events to ${to}: ${why}`, {
      hint: 'give a file, or the number of a descriptor that is open as a pipe or a file: --events 3 3>events.ndjson',
      cause: error,
    });
  }
}
