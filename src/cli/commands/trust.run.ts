import { listTrust, trust, distrust } from '../../operations/trust.js';
import { KIND_NAMES, showKey, typeKey, type KeyKind } from '../../release/signature/keys.js';
import { moment } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { ADD_OPTIONS, REMOVE_OPTIONS } from './trust.js';

export async function list({ host }: CommandContext): Promise<OutcomeOf<'trust list'>> {
  const trusted = await listTrust(host);
  const lines = [
    ...trusted.builtIn.map((key) => [line(key.kind, typeKey(key)), indented('built in')]),
    ...trusted.added.map((entry) => [
      line(entry.kind, typeKey(entry)),
      indented(`added ${moment(entry.addedAt)} by ${entry.by}: ${entry.reason}`),
    ]),
  ].flat();
  return { changed: false, result: trusted, text: lines.join('\n') };
}

export async function add(context: CommandContext<typeof ADD_OPTIONS>): Promise<OutcomeOf<'trust add'>> {
  const { host, dryRun } = context;
  const key = await context.need('fingerprint');
  const reason = await context.need('trustReason');
  const wouldChange = await trust(key, reason, dryRun, host);
  const text = wouldChange
    ? `${dryRun ? 'Would be trusted' : 'Trusted'} from now on: ${showKey(key)} (${key.kind}).`
    : 'It is trusted already: nothing to do.';
  return { changed: wouldChange && !dryRun, result: { key, reason }, text };
}

export async function remove(
  context: CommandContext<typeof REMOVE_OPTIONS>,
): Promise<OutcomeOf<'trust remove'>> {
  const { host, dryRun } = context;
  const key = await context.need('fingerprint');
  const wouldChange = await distrust(key, dryRun, host);
  const text = wouldChange
    ? `${dryRun ? 'Would be trusted' : 'Trusted'} no longer: ${showKey(key)} (${key.kind}).`
    : 'It is not in the list: nothing to do.';
  return { changed: wouldChange && !dryRun, result: { key }, text };
}

function line(kind: KeyKind, key: string): string {
  return `${KIND_NAMES[kind].padEnd(9)}${key}`;
}

function indented(text: string): string {
  return `${' '.repeat(9)}${text}`;
}
