import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import { Refusal } from '../errors.js';
import type { Log } from './host.js';

/** A setup link makes whoever opens it administrator: it must not outlive the screen. */
const SETUP_TOKEN = /(\/setup\/token\/)[0-9A-Za-z_-]+/g;
/** What a transcript that is opened late still gets of what came before; the rest would only fill the memory. */
const EARLY_LINES = 1000;

export interface Transcript extends Log {
  /**
   * From now on lines go to that file too (0600), after those that came before.
   * @throws Refusal E_IO
   */
  addFile(path: string): void;
  /** Without the secrets that are known. */
  clean(text: string): string;
  close(): void;
}

export function createTranscript(now: () => Date): Transcript {
  const secrets: string[] = [];
  const descriptors = new Set<number>();
  const early: string[] = [];

  const clean = (line: string): string =>
    secrets.reduce((text, secret) => text.replaceAll(secret, '…'), line).replace(SETUP_TOKEN, '$1…');

  // A full disk must not stop the work that is being written down: least of all the way back.
  const append = (descriptor: number, text: string): void => {
    try {
      writeSync(descriptor, text);
    } catch {
      // The next line may fit again.
    }
  };

  const log = (line: string): void => {
    const text = `${now().toISOString()} ${clean(line)}\n`;
    if (early.length < EARLY_LINES) early.push(text);
    for (const descriptor of descriptors) append(descriptor, text);
  };

  return Object.assign(log, {
    clean,
    hide: (secret: string) => {
      if (secret.length >= 6) secrets.push(secret);
    },
    addFile: (path: string) => {
      const descriptor = openToAppend(path);
      for (const line of early) append(descriptor, clean(line));
      descriptors.add(descriptor);
    },
    close: () => {
      for (const descriptor of descriptors) closeSync(descriptor);
      descriptors.clear();
    },
  });
}

function openToAppend(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  try {
    // A pipe that nobody reads would hold us for ever without O_NONBLOCK.
    const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
    if (fstatSync(descriptor).isFile()) fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('E_IO', `cannot write the transcript ${path}: ${why}`, {
      hint: 'name a file in a folder that exists and can be written to',
      cause: error,
    });
  }
}
