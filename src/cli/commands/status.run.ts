import { status, type StatusResult } from '../../operations/status.js';
import { bytes, moment } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';

export async function run({ home, host }: CommandContext): Promise<OutcomeOf<'status'>> {
  const result = await status(home, host);
  return { changed: false, result, text: statusText(result) };
}

/** One fact a line, the word for it first. */
export function statusText(result: StatusResult): string {
  const rows: [string, string][] = [];
  if (result.installed) {
    const running = result.running
      ? `running (pid ${String(result.pid ?? '?')}, ${result.serviceManager ?? ''})`
      : `not running (${result.serviceManager ?? ''})`;
    const well = result.healthy ? 'healthy' : 'not healthy';
    rows.push(['Sandstorm', `build ${String(result.build ?? '?')}, ${running}, ${well}`]);
    for (const problem of result.running ? result.problems : result.problems.slice(0, 2))
      rows.push(['', problem]);
    rows.push(['Address', `${result.baseUrl ?? '?'}, ${result.wildcardHost ?? '?'}`]);
    rows.push([
      'Updates',
      result.channel === 'none'
        ? 'off (UPDATE_CHANNEL=none)'
        : `on (UPDATE_CHANNEL=${result.channel ?? ''})  turn off: sandstorm-airgap config set UPDATE_CHANNEL none`,
    ]);
  } else {
    rows.push(['Sandstorm', `${NOT_INSTALLED[result.state]} ${result.home}`]);
    for (const problem of result.problems) rows.push(['', problem]);
  }
  if (result.installed) rows.push(['Way back', wayBackWords(result)]);
  const last = result.lastOperation;
  if (last !== null) {
    const aim = last.from === null || last.from === last.to ? '' : ` ${last.from} -> ${last.to ?? '?'}`;
    rows.push([
      'Last run',
      `${last.operation}${aim} on ${moment(last.startedAt)}, ${last.outcome ?? 'not ended'}`,
    ]);
    if (last.outcome !== 'done' && last.message !== null) rows.push(['', last.message]);
  }
  if (result.pending === null) rows.push(['Pending', 'nothing']);
  else {
    const { operation, step, owner, next } = result.pending;
    const who = owner === null ? 'was cut off' : `is being run by ${owner.user} (pid ${String(owner.pid)})`;
    rows.push(['Pending', `${operation} ${who}${step === null ? '' : ` at ${step}`}`]);
    rows.push(['', `next: ${next}`]);
  }
  const leftovers = leftoversText(result);
  if (leftovers !== undefined) rows.push(['Leftovers', leftovers]);
  return rows.map(([word, text]) => `${word.padEnd(12)}${text}`).join('\n');
}

function leftoversText({ leftovers, pending }: StatusResult): string | undefined {
  const stale = leftovers.filter((one) => one.stale).length;
  if (stale > 0) return `${String(stale)} of killed runs  remove: sandstorm-airgap clean`;
  // What an operation that comes first may need is not worth a word yet.
  if (leftovers.length === 0 || pending !== null) return undefined;
  return `${String(leftovers.length)} in doubt  look: sandstorm-airgap clean --dry-run`;
}

function wayBackWords({ wayBack }: StatusResult): string {
  if (wayBack === null) return 'none; the next update makes one';
  const { release, takenAt, scope, bytes: size } = wayBack;
  const data = scope === 'none' ? 'without data' : `data of ${moment(takenAt)}, ${bytes(size)}`;
  return `${release}, ${data}      sandstorm-airgap rollback`;
}

const NOT_INSTALLED: Readonly<Record<StatusResult['state'], string>> = {
  absent: 'not installed in',
  empty: 'not installed in',
  server: 'installed in',
  interrupted: 'an installation was interrupted in',
  leftovers: 'leftovers, but no whole server in',
  unfit: 'cannot be installed in',
};
