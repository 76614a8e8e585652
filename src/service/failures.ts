import { Refusal } from '../errors.js';
import type { CommandResult, Host } from '../system/host.js';
import { lastLines, logSince, type LogMark } from './observe.js';

export interface Attempt {
  /** As a person would type it. */
  readonly command: string;
  readonly result: CommandResult | undefined;
  readonly log: LogMark;
  /** What happened instead, when the command itself was content. */
  readonly instead: string;
}

export async function startFailed(attempt: Attempt, host: Host): Promise<Refusal> {
  return refusal('E_SERVICE_START', 'start', attempt, host);
}

export async function stopFailed(attempt: Attempt, host: Host): Promise<Refusal> {
  return refusal('E_SERVICE_STOP', 'stop', attempt, host);
}

export function serviceNeedsRoot(verb: string, described: string): Refusal {
  return new Refusal('E_NEEDS_ROOT', `${described} can only be told to ${verb} by root`, {
    hint: `sudo sandstorm-airgap service ${verb}`,
  });
}

export function unitUnusable(unit: string, loadState: string): Refusal {
  return new Refusal('E_SERVICE_START', `systemd cannot start ${unit}: it is ${loadState}`, {
    hint: loadState === 'masked' ? `systemctl unmask ${unit}` : `systemctl status ${unit}`,
  });
}

async function refusal(
  code: 'E_SERVICE_START' | 'E_SERVICE_STOP',
  verb: string,
  { command, result, log, instead }: Attempt,
  host: Host,
): Promise<Refusal> {
  const failed = result !== undefined && result.exitCode !== 0;
  const why = failed ? `${command} ended with exit code ${result.exitCode}` : instead;
  const said = failed ? lastLines(`${result.stdout}\n${result.stderr}`, 5) : [];
  const logged = await logSince(log, host);
  const hint = [
    ...(said.length === 0 ? [] : ['it said:', ...said.map((line) => `  ${line}`)]),
    ...(logged.length === 0
      ? [`nothing new in ${log.path}`]
      : ['last lines of sandstorm.log:', ...logged.map((line) => `  ${line}`)]),
  ].join('\n');
  return new Refusal(code, `the server did not ${verb}: ${why}`, { hint, result: { command, said, logged } });
}
