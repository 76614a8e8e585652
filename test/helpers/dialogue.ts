import { setTimeout as sleep } from 'node:timers/promises';
import { openPty } from '../../src/system/pty.js';

/** What to type at a question: text, or several for a question that is asked again. */
export type Answers = Readonly<Record<string, string | readonly string[]>>;

export interface Spoken {
  readonly exitCode: number;
  /** Everything printed, without carriage returns. */
  readonly transcript: string;
  /** The questions as they were printed, defaults included, in order. */
  readonly asked: readonly string[];
}

const ESC = String.fromCharCode(27);
const PROMPT = new RegExp(`${ESC}\\[1m([^]*?) \\[([^\\]]*)\\]${ESC}\\[0m $`);

/**
 * Runs `bash <args>` in a terminal and answers each question by the first key of `answers` that it
 * contains; a question without an answer gets an empty line (the default). `stopAt` ends the run there.
 */
export async function converse(
  args: readonly string[],
  answers: Answers,
  options: { env: Record<string, string>; cwd: string; stopAt?: string; timeoutMs?: number },
): Promise<Spoken> {
  const left = new Map(Object.entries(answers).map(([key, value]) => [key, [value].flat()]));
  const asked: string[] = [];
  let transcript = '';
  let seen = 0;

  const pty = openPty(args, {
    env: options.env,
    cwd: options.cwd,
    onData(text) {
      transcript += text.replaceAll('\r', '');
      const prompt = PROMPT.exec(transcript.slice(seen));
      if (prompt === null) return;
      seen = transcript.length;
      const question = `${prompt[1] ?? ''} [${prompt[2] ?? ''}]`;
      asked.push(question);
      if (options.stopAt !== undefined && question.includes(options.stopAt)) {
        void pty.kill();
        return;
      }
      const key = [...left.keys()].find((candidate) => question.includes(candidate));
      pty.write(`${(key === undefined ? undefined : left.get(key)?.shift()) ?? ''}\n`);
    },
  });
  const tooLong = new AbortController();
  const timer = sleep(options.timeoutMs ?? 60_000, undefined, { signal: tooLong.signal, ref: false }).then(
    () => pty.kill(),
    () => undefined,
  );
  const exitCode = await pty.done;
  tooLong.abort();
  await timer;
  return { exitCode, transcript, asked };
}
