import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { createDialogue, failureIn, plainText, setupTokenIn, type Answers } from './dialogue.js';

const KEEP = 1024 * 1024;

export interface InstallScriptRun {
  /** Private copies of what was verified. */
  readonly script: string;
  readonly bundle: string;
  readonly answers: Answers;
  /** install.sh -u: as the calling user, without a service. */
  readonly unprivileged: boolean;
  /** Longest time for the whole script; unpacking on a slow disk takes minutes. */
  readonly timeoutMs: number;
  /** More for the script's environment: a rehearsal tells its stand-in where to put things. */
  readonly extraEnv: Readonly<Record<string, string>>;
}

/**
 * Runs the genuine install.sh in a pseudo-terminal and answers its questions.
 * @param onQuestion told each question and our answer, for the screen.
 * @throws Refusal E_INSTALL_FAILED when it stops, asks something unknown, or takes too long.
 */
export async function runInstallScript(
  run: InstallScriptRun,
  host: Host,
  onQuestion: (question: string, answer: string) => void = () => undefined,
): Promise<void> {
  // An abort that has happened already is not told again.
  if (host.interrupted.aborted) throw scriptFailed('it was interrupted');
  const dialogue = createDialogue(run.answers);
  let transcript = '';
  const stopped: { question: string; why: string }[] = [];

  const pty = host.commands.openPty([run.script, ...(run.unprivileged ? ['-u'] : []), run.bundle], {
    cwd: '/',
    env: environment(run, host),
    onData: (text) => {
      transcript = (transcript + text).slice(-KEEP);
      if (stopped.length > 0) return;
      const reaction = dialogue.hear(text);
      if (reaction.kind === 'answer') {
        onQuestion(reaction.question, reaction.text);
        pty.write(`${reaction.text}\n`);
      } else if (reaction.kind === 'stop') {
        stopped.push(reaction);
        void pty.kill();
      }
    },
  });

  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
    void pty.kill();
  }, run.timeoutMs);
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
    void pty.kill();
  };
  host.interrupted.addEventListener('abort', interrupt, { once: true });
  const exitCode = await pty.done;
  clearTimeout(timer);
  host.interrupted.removeEventListener('abort', interrupt);

  const token = setupTokenIn(transcript);
  if (token !== undefined) host.log.hide(token);
  for (const line of plainText(transcript).split('\n')) host.log(`install.sh: ${line}`);

  if (interrupted.signal.aborted) throw scriptFailed('it was interrupted');
  const [atQuestion] = stopped;
  if (atQuestion !== undefined) throw unknownQuestion(atQuestion.question, atQuestion.why);
  if (late.signal.aborted)
    throw scriptFailed(`it did not end within ${String(run.timeoutMs / 60_000)} minutes`);
  if (exitCode !== 0)
    throw scriptFailed(failureIn(transcript) || `it ended with exit code ${String(exitCode)}`);
}

/**
 * A clean environment: what install.sh finds set answers its questions or changes its way, so nothing of
 * the caller's may leak in (SUDO_USER asks one more question, DESIRED_SANDCATS_NAME goes to the internet).
 */
function environment({ answers, extraEnv }: InstallScriptRun, host: Host): Record<string, string> {
  return {
    // It looks for useradd and update-rc.d on PATH, which sudo or cron may have cut short.
    PATH: [
      ...(host.env.PATH ?? '').split(':'),
      '/usr/local/sbin',
      '/usr/local/bin',
      '/usr/sbin',
      '/usr/bin',
      '/sbin',
      '/bin',
    ]
      .filter((dir) => dir !== '')
      .join(':'),
    HOME: host.user.home,
    LC_ALL: 'C',
    TERM: 'xterm',
    // Without this a failure asks to send a report, and runs curl.
    REPORT: 'no',
    CHOSEN_INSTALL_MODE: 'development',
    OVERRIDE_SANDSTORM_DEFAULT_DIR: answers.home,
    DIR: answers.home,
    PORT: String(answers.httpPort),
    MONGO_PORT: String(answers.mongoPort),
    SMTP_LISTEN_PORT: String(answers.smtpPort),
    UPDATE_CHANNEL: 'none',
    DESIRED_SERVER_USER: answers.serverUser,
    START_AT_BOOT: 'yes',
    ...extraEnv,
  };
}

function unknownQuestion(question: string, why: string): Refusal {
  return new Refusal('E_INSTALL_FAILED', `install.sh was stopped at "${question}": ${why}`, {
    hint: 'the transcript of this run has the whole dialogue; a newer sandstorm-airgap may know this script',
  });
}

function scriptFailed(why: string): Refusal {
  return new Refusal('E_INSTALL_FAILED', `install.sh failed: ${why}`, {
    hint: 'the transcript of this run has everything it said',
  });
}
