import { isAbsolute, join } from 'node:path';
import { badValue } from '../../errors.js';
import { parsePublicLine, publicLine, type PublicKey } from '../../kit/house-key.js';
import type { KeyEntry } from '../../kit/key-store.js';
import { createKey, listKeys, revokeHouse, showKey, trustHouse } from '../../operations/kit/keys.js';
import { moment } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { CHANGE_OPTIONS, CREATE_OPTIONS, SHOW_OPTIONS } from './key.js';

export async function create(
  context: CommandContext<typeof CREATE_OPTIONS>,
): Promise<OutcomeOf<'key create'>> {
  const { host, values, dryRun } = context;
  const name = values.keyName ?? `${host.user.name}'s kits`;
  const { file, changed, ...key } = await createKey({ file: values.signKeyFile, name, dryRun }, host);
  const text = changed
    ? dryRun
      ? `A key would be made in ${file}.`
      : [
          `The secret key is in ${file}. Its public half, for the servers:`,
          '',
          publicLine(key),
          '',
          'On each of them: sandstorm-airgap key trust LINE --reason TEXT',
        ].join('\n')
    : `There is a key in ${file} already: nothing to do.`;
  const line = dryRun && changed ? null : publicLine(key);
  return { changed: changed && !dryRun, result: { file, line }, text };
}

export async function show(context: CommandContext<typeof SHOW_OPTIONS>): Promise<OutcomeOf<'key show'>> {
  const { host, values, dryRun } = context;
  const line = publicLine(await showKey(values.signKeyFile, host));
  const { out } = values;
  const isThere = out === undefined || (await host.files.readText(out)) === `${line}\n`;
  if (!isThere && !dryRun) await host.files.writeAtomic(out, `${line}\n`);
  return { changed: !isThere && !dryRun, result: { line }, text: line };
}

export async function list({ host }: CommandContext): Promise<OutcomeOf<'key list'>> {
  const keys = await listKeys(host);
  const lines = keys.flatMap((entry) => [publicLine(entry), ...history(entry).map((line) => `    ${line}`)]);
  const text = lines.length === 0 ? 'No key is trusted: sandstorm-airgap key trust LINE' : lines.join('\n');
  return { changed: false, result: { keys }, text };
}

export async function trust(context: CommandContext<typeof CHANGE_OPTIONS>): Promise<OutcomeOf<'key trust'>> {
  const { key, reason, dryRun } = await wishOf(context);
  const wouldChange = await trustHouse(key, reason, dryRun, context.host);
  const text = wouldChange
    ? `Kits signed by it ${dryRun ? 'would be' : 'are'} taken in from now on: ${key.key}`
    : 'It is trusted already: nothing to do.';
  return { changed: wouldChange && !dryRun, result: { key, reason }, text };
}

export async function revoke(
  context: CommandContext<typeof CHANGE_OPTIONS>,
): Promise<OutcomeOf<'key revoke'>> {
  const { key, reason, dryRun } = await wishOf(context);
  const wouldChange = await revokeHouse(key, reason, dryRun, context.host);
  const text = wouldChange
    ? `Nothing that it signs ${dryRun ? 'would be' : 'is'} taken in from now on: ${key.key}`
    : 'It is revoked already: nothing to do.';
  return { changed: wouldChange && !dryRun, result: { key, reason }, text };
}

async function wishOf(
  context: CommandContext<typeof CHANGE_OPTIONS>,
): Promise<{ key: PublicKey; reason: string; dryRun: boolean }> {
  const given = await context.need('publicKey');
  const key = await publicKeyAt(given, context);
  return { key, reason: await context.need('keyReason'), dryRun: context.dryRun };
}

/** A line, or the path of a file that holds one: nobody types 64 digits. */
async function publicKeyAt(given: string, { host }: Pick<CommandContext, 'host'>): Promise<PublicKey> {
  if (/^(?:sandstorm-airgap-key-1 |[0-9a-f]{64}$)/i.test(given.trim()))
    return parsePublicLine(given, 'PUBLICKEY');
  const path = isAbsolute(given) ? given : join(host.cwd, given);
  const text = await host.files.readText(path, 4096);
  if (text === undefined)
    throw badValue('PUBLICKEY', given, 'the line of a public key, or a file that holds it');
  return parsePublicLine(text, path);
}

function history({ addedAt, by, reason, revoked }: KeyEntry): string[] {
  if (revoked === null) return [`trusted since ${moment(addedAt)}, by ${by}: ${reason}`];
  return [`REVOKED ${moment(revoked.at)} by ${revoked.by}: ${revoked.reason}`];
}
