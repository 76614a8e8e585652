import { Refusal } from '../errors.js';
import type { ReportedCheck } from '../preflight/check.js';
import type { Clock, Log } from '../system/host.js';
import type { Terminal } from '../system/terminal.js';
import type { StepProgress, Ui } from '../ui.js';
import { bytes, duration, fold } from '../words.js';

const WIDTH = 20;

export interface Marks {
  readonly pass: string;
  readonly warn: string;
  readonly fail: string;
  readonly skip: string;
}

/** What is folded must not have colours in it: they count as characters. */
const PLAIN = { pass: '✔', warn: '!', fail: '✖', skip: '-' } as const;

const paint = (colour: number, text: string, on: boolean): string =>
  on ? `\u001b[${String(colour)}m${text}\u001b[39m` : text;

/** What may be overlooked. */
export function dim(text: string, colours: boolean): string {
  return paint(90, text, colours);
}

export function marks(colours: boolean): Marks {
  return {
    pass: paint(32, PLAIN.pass, colours),
    warn: paint(33, PLAIN.warn, colours),
    fail: paint(31, PLAIN.fail, colours),
    skip: paint(90, PLAIN.skip, colours),
  };
}

/** What a person sees: calm lines on stdout, a spinner while something takes long. */
export function humanUi(terminal: Terminal, clock: Clock, log: Log, confirm: Ui['confirm']): Ui {
  const mark = marks(terminal.colours);
  let group = '';

  const say = (text = ''): void => {
    log(text);
    terminal.out(text);
  };

  return {
    say,
    saySecret: (text) => terminal.out(text),
    confirm,

    check(result) {
      if (result.group !== group) {
        if (group !== '') say();
        say(`  ${result.group}`);
        group = result.group;
      }
      for (const line of checkLines(result, mark, terminal.columns())) say(line);
    },

    async step(title, work) {
      log(`begin: ${title}`);
      const started = clock.monotonic();
      const spinner = await terminal.spinner(title);
      let detail = '';
      const ended = (status: keyof Marks, text: string): string =>
        fold(
          `  ${PLAIN[status]} ${title.padEnd(WIDTH)} ${text}`,
          terminal.columns(),
          terminal.columns() < 100 ? 8 : WIDTH + 5,
        ).replace(PLAIN[status], mark[status]);
      const progress: StepProgress = {
        detail: (text) => {
          detail = text;
          spinner.text(`${title.padEnd(WIDTH)} ${text}`);
        },
        bytes: (done, total) =>
          spinner.text(`${title.padEnd(WIDTH)} ${bar(done, total, clock.monotonic() - started)}`),
      };
      try {
        const value = await work(progress);
        log(`end: ${title} ${detail}`);
        spinner.stop(ended('pass', detail === '' ? duration(clock.monotonic() - started) : detail));
        return value;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        log(`failed: ${title}: ${why}`);
        // The person knows what they stopped.
        spinner.stop(
          error instanceof Refusal && error.code === 'E_CANCELLED' ? undefined : ended('fail', why),
        );
        throw error;
      }
    },
  };
}

/** One check as it stands on the screen: headline, further lines, what to do. Commands to copy stay whole. */
export function checkLines(result: ReportedCheck, mark: Marks, columns = Infinity): string[] {
  const [first = '', ...rest] = result.lines;
  const indent = columns < 100 ? 8 : WIDTH + 5;
  const margin = ' '.repeat(indent);
  const folded = (line: string): string[] => fold(line, columns, indent).split('\n');
  const waived = result.waived ? ' (waived)' : '';
  const wants = result.status === 'fail' || result.status === 'warn';
  const fixes = wants
    ? (result.fix ?? []).map((line, index) => `${margin}${index === 0 ? 'fix: ' : '     '}${line}`)
    : [];
  const [head = '', ...more] = folded(
    `    ${PLAIN[result.status]} ${result.id.padEnd(WIDTH - 1)}${first}${waived}`,
  );
  return [
    head.replace(PLAIN[result.status], mark[result.status]),
    ...more,
    ...rest.flatMap((line) => folded(`${margin}${line}`)),
    ...fixes,
  ];
}

/** "▉▉▉▉     58%   80 MB/s   1:02 left" */
export function bar(done: number, total: number, elapsedMs: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * 16);
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
  const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
  const clock = `${String(Math.floor(left / 60))}:${String(left % 60).padStart(2, '0')} left`;
  return `${'▉'.repeat(filled).padEnd(16)} ${String(Math.floor(share * 100)).padStart(3)}%   ${bytes(rate)}/s   ${clock}`;
}
