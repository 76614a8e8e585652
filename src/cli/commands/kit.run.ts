import { kitBytes, type KitManifest } from '../../kit/manifest.js';
import { kitDamaged } from '../../kit/refusals.js';
import type { Finding } from '../../kit/finding.js';
import { receiptPath, type ReceivedFile } from '../../kit/receipts.js';
import { pruneKits } from '../../operations/kit/prune.js';
import { receiveKit, type ReceivedKit } from '../../operations/kit/receive.js';
import { requestKit } from '../../operations/kit/request.js';
import { verifyKit, type VerifiedKit } from '../../operations/kit/verify.js';
import { printable } from '../../release/refusals.js';
import { bytes, count, moment } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { KIT_PRUNE_OPTIONS, RECEIVE_OPTIONS, REQUEST_OPTIONS, VERIFY_OPTIONS } from './kit.js';

export interface KitVerified {
  readonly path: string;
  readonly whole: boolean;
  readonly manifest: KitManifest;
  readonly findings: readonly Finding[];
  /** Id of a newer kit of the same key that was taken in here. */
  readonly newerReceived: string | null;
  /** What it is a difference to is on this machine. */
  readonly baseHere: boolean;
}

export interface KitReceived {
  /** Said in a dry run, too. */
  readonly changed: boolean;
  readonly kit: string;
  readonly builds: readonly number[];
  /** Where its files lie. */
  readonly folder: string;
  readonly files: readonly ReceivedFile[];
  /** Folder of the app index that its packages went to. */
  readonly index: string | null;
  /** Packages that stay in the kit, as no index was named. */
  readonly packagesLeftOut: number;
  /** Path of the receipt. */
  readonly receipt: string;
}

export async function verify(
  context: CommandContext<typeof VERIFY_OPTIONS>,
): Promise<OutcomeOf<'kit verify'>> {
  const { host, ui } = context;
  const path = await context.need('kit');
  const verified = await verifyKit(path, host, ui);
  const { manifest, findings, refusal, newer, baseHere } = verified;
  const result = {
    path,
    whole: findings.length === 0,
    manifest,
    findings,
    newerReceived: newer?.kit ?? null,
    baseHere,
  };
  for (const line of [...about(manifest), ...notes(verified)]) ui.say(line);
  for (const { name, state, why } of findings) ui.say(`  ✖ ${state.padEnd(8)}  ${printable(name)} ${why}`);
  if (findings.length > 0) throw kitDamaged(path, findings).but({ result });
  if (refusal !== undefined) throw refusal.but({ result });
  return {
    changed: false,
    result,
    text: `Whole: ${count(manifest.files.length, 'file')}, and signed by a trusted key.`,
  };
}

export async function receive(
  context: CommandContext<typeof RECEIVE_OPTIONS>,
): Promise<OutcomeOf<'kit receive'>> {
  const { host, ui, values, dryRun } = context;
  const path = await context.need('kit');
  const wish = { path, index: values.kitIndex, allowOlder: values.allowOlder ?? false, dryRun };
  const received = await receiveKit(wish, host, ui);
  const { manifest, changed, folder, files, index, leftOut } = received;
  for (const line of about(manifest)) ui.say(line);
  const result = {
    kit: manifest.id,
    builds: manifest.builds,
    folder,
    files,
    index,
    packagesLeftOut: leftOut,
    receipt: receiptPath(manifest.id, host),
    changed,
  };
  return { changed: changed && !dryRun, result, text: closing(received, dryRun) };
}

export async function request(
  context: CommandContext<typeof REQUEST_OPTIONS>,
): Promise<OutcomeOf<'kit request'>> {
  const { host, values, home, dryRun } = context;
  const file = await context.need('requestFile');
  const made = await requestKit({ home, file, index: values.kitIndex, dryRun }, host);
  const { build, packages, free, has } = made;
  const text = [
    `  Server    ${build === null ? 'none yet' : `build ${String(build)}`}`,
    `  Apps      ${count(packages.length, 'package')}${values.kitIndex === undefined ? ' (no --index was given)' : ''}`,
    `  Received  ${count(has.length, 'file')}, ${bytes(free)} free`,
    dryRun
      ? 'Dry run: nothing was written.'
      : `Carry ${file} over, and there: sandstorm-airgap kit create KIT --for ${file}`,
  ].join('\n');
  return { changed: !dryRun, result: { file, request: made }, text };
}

export async function prune(
  context: CommandContext<typeof KIT_PRUNE_OPTIONS>,
): Promise<OutcomeOf<'kit prune'>> {
  const { host, values, home, dryRun } = context;
  const removed = await pruneKits({ home, keep: values.keep ?? 1, dryRun }, host);
  const total = removed.reduce((sum, kit) => sum + kit.bytes, 0);
  const lines = removed.map((kit) => `  ${bytes(kit.bytes).padStart(7)}  ${kit.path}`);
  const closing =
    removed.length === 0
      ? '  Nothing to remove.'
      : dryRun
        ? `  Dry run: nothing was removed; it would be ${bytes(total)}.`
        : `  ${count(removed.length, 'kit')} removed, ${bytes(total)}. Receipts stay.`;
  return {
    changed: removed.length > 0 && !dryRun,
    result: { removed },
    text: [...lines, closing].join('\n'),
  };
}

function about(manifest: KitManifest): string[] {
  const { id, created, expires, purpose, builds, base, files } = manifest;
  const packages = files.filter(({ kind }) => kind === 'package').length;
  return [
    `  Kit       ${id}, made ${moment(created)}${expires === null ? '' : `, until ${moment(expires)}`}`,
    ...(purpose === '' ? [] : [`  Purpose   ${purpose}`]),
    ...(builds.length === 0 ? [] : [`  Release   build ${builds.join(', ')}`]),
    ...(packages === 0 ? [] : [`  Apps      ${count(packages, 'package')}`]),
    ...(base === null ? [] : [`  Adds to   ${base.kind} ${base.id}`]),
    `  Size      ${bytes(kitBytes(manifest))} in ${count(files.length, 'file')}`,
  ];
}

function notes({ newer, baseHere, manifest }: VerifiedKit): string[] {
  return [
    ...(newer === undefined
      ? []
      : [`  ! A newer kit of ${moment(newer.created)} was taken in here already.`]),
    ...(baseHere || manifest.base === null ? [] : ['  ! It adds to something that is not on this machine.']),
  ];
}

function closing({ manifest, changed, folder, index, leftOut }: ReceivedKit, dryRun: boolean): string {
  if (!changed) return 'It was taken in before and is whole: nothing to do.';
  const packages = manifest.files.filter(({ kind }) => kind === 'package').length;
  const next = [
    ...(leftOut === 0
      ? []
      : [`! ${count(leftOut, 'package')} stay in the kit: --index DIR takes them into an app index`]),
    ...(index === null || packages === 0 ? [] : [`Next: sandstorm-airgap index build ${index}`]),
    ...(manifest.builds.length === 0
      ? []
      : [`Next: sandstorm-airgap update ${folder}, or install ${folder}`]),
  ];
  return [dryRun ? 'Dry run: it is whole, and nothing was taken in.' : `Taken in: ${folder}`, ...next].join(
    '\n',
  );
}
