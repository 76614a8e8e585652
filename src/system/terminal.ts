import { fstatSync, writeSync } from 'node:fs';

/** The terminal, as plain lines. Colour only where it is wanted; nothing depends on it. */
export interface Terminal {
  readonly isTty: boolean;
  readonly colours: boolean;
  /** Characters in a line, as it is now; infinite where nobody folds lines. */
  columns(): number;
  out(text: string): void;
  error(text: string): void;
  /** Starts a spinner; each call of the result's functions replaces its text. Plain lines without a terminal. */
  spinner(text: string): Promise<Spinner>;
}

export interface Spinner {
  text(text: string): void;
  /** Takes the spinner away and writes the line in its place, or nothing. */
  stop(line?: string): void;
}

export function realTerminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  const isTty = isCharacterDevice(1) && process.stdout.isTTY && env.TERM !== 'dumb';
  // The spinner writes past writeLine.
  if (isTty) process.stdout.on('error', () => undefined);
  const terminal: Terminal = {
    isTty,
    colours: isTty && (env.NO_COLOR ?? '') === '',
    // A serial console says 0: nobody knows its width.
    columns: () => (isTty && process.stdout.columns > 0 ? process.stdout.columns : Infinity),
    out: (text) => writeLine(1, text),
    error: (text) => writeLine(2, text),
    spinner: async (text) => {
      const write = (line?: string): void => {
        if (line !== undefined) terminal.out(line);
      };
      // On a terminal of no width ora would clear infinitely many lines, and never come back.
      if (!isTty || !(process.stdout.columns > 0)) return { text: () => undefined, stop: write };
      const [{ default: ora }, { outliveTheTerminal }] = await Promise.all([
        import('ora'),
        import('./lasting-terminal.js'),
      ]);
      outliveTheTerminal();
      // What is typed meanwhile must neither be shown nor answer the next question. Ctrl-C comes through: as
      // a signal to us alone, so that the programs we started can be brought to a safe end.
      const spinner = ora({ text, indent: 2, stream: process.stdout, discardStdin: true }).start();
      return {
        text: (next) => {
          spinner.text = next;
        },
        stop: (line) => {
          spinner.stop();
          // It leaves the cursor where its own text began.
          process.stdout.write('\r');
          write(line);
        },
      };
    },
  };
  return terminal;
}

/** node loads its whole network to find out; a pipe or a file is no terminal anyway. */
function isCharacterDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    // Closed by the caller (`>&-`).
    return false;
  }
}

/** All of it before returning, as node does for pipes and files, but without a stream in between. */
function writeLine(descriptor: 1 | 2, text: string): void {
  let left = Buffer.from(`${text}\n`);
  try {
    while (left.length > 0) left = left.subarray(writeSync(descriptor, left));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Nobody reads any more (`| head`, a closed SSH session): no reason to leave an installation half done.
    if (code === 'EPIPE' || code === 'EIO') return;
    // A slow reader that has made its end non-blocking.
    if (code !== 'EAGAIN') throw error;
    (descriptor === 1 ? process.stdout : process.stderr).write(left);
  }
}
