import { basename, join } from 'node:path';
import { Refusal } from '../errors.js';
import type { FileStat, Host } from '../system/host.js';
import { diffConf } from './diff-conf.js';
import { isSecretKey, requireGoodSetting } from './known-settings.js';
import { lintConf, wouldKillServer, type LintFinding } from './lint.js';
import { confBytes, confText, parseConf, setValue, unsetValue, type ConfDocument } from './sandstorm-conf.js';

/** Real ones have about 300 bytes. */
const MOST_BYTES = 64 * 1024;

export interface ConfFile {
  readonly path: string;
  /** A byte text: see sandstorm-conf.ts. */
  readonly text: string;
  readonly document: ConfDocument;
  readonly stat: FileStat;
}

export type ConfEdit =
  | { readonly do: 'set'; readonly key: string; readonly value: string }
  | { readonly do: 'unset'; readonly key: string };

export interface ConfChange {
  readonly changed: boolean;
  /** Byte texts. */
  readonly before: string;
  readonly after: string;
  /** For people, without secrets; empty when nothing changes. */
  readonly diff: string;
}

export interface EditOptions {
  /** Store also what Sandstorm does not know, would not take, or would die of. What the file cannot hold stays refused. */
  readonly force?: boolean;
  /** Where the text before the change is kept; default: conf-backups in the state folder. */
  readonly backupDir?: string;
}

export function confPath(home: string): string {
  return join(home, 'sandstorm.conf');
}

/** @throws Refusal E_CONF_MISSING, or E_IO when it is no regular file, too large or not ours to read */
export async function readConf(home: string, host: Host): Promise<ConfFile> {
  const path = confPath(home);
  const [stat, bytes] = [await host.files.stat(path), await host.files.readBytes(path, MOST_BYTES)];
  if (stat === undefined || bytes === undefined) throw confMissing(home);
  const text = confText(bytes);
  return { path, text, document: parseConf(text), stat };
}

/** The findings of lintConf, and what only the file itself can tell. */
export function lintConfFile({ text, stat }: ConfFile, host: Host): LintFinding[] {
  const asRoot = host.user.uid === 0;
  const findings = lintConf(text, { asRoot });
  if (!asRoot || stat.uid === 0) return findings;
  // checkOwnedByRoot in run-bundle.c++: start says it went well, then the server dies entering its chroot.
  const owner: LintFinding = {
    level: 'error',
    code: 'OWNER',
    line: undefined,
    message: 'sandstorm.conf does not belong to root: a server started by root refuses it',
    fix: 'chown root sandstorm.conf',
    kills: true,
  };
  return [...findings, owner];
}

/**
 * What the edits would make of the text. Pure: the dry run shows it, `editConf` writes it.
 * @throws Refusal E_CONF_VALUE, E_CONF_UNKNOWN_KEY, E_CONF_WOULD_KILL
 */
export function planConfEdit(
  before: string,
  edits: readonly ConfEdit[],
  options: EditOptions = {},
): ConfChange {
  let after = before;
  for (const edit of edits) {
    if (edit.do === 'set' && options.force !== true) requireGoodSetting(edit.key, edit.value);
    after = edit.do === 'set' ? setValue(after, edit.key, edit.value) : unsetValue(after, edit.key);
  }
  if (options.force !== true) refuseNewDeaths(before, after);
  return { changed: after !== before, before, after, diff: diffConf(before, after) };
}

/**
 * Applies the edits: backup first, then the whole file replaced at once, owner and mode kept. Touches
 * nothing when they change nothing. Hold the lock on HOME: an edit by another hand between reading and
 * writing would be lost.
 * @throws Refusal as readConf and planConfEdit; then nothing was changed
 */
export async function editConf(
  home: string,
  edits: readonly ConfEdit[],
  host: Host,
  options: EditOptions = {},
): Promise<ConfChange & { readonly path: string; readonly backup: string | undefined }> {
  for (const edit of edits) if (edit.do === 'set' && isSecretKey(edit.key)) host.log.hide(edit.value);
  const { path, text } = await readConf(home, host);
  const change = planConfEdit(text, edits, options);
  if (!change.changed) return { ...change, path, backup: undefined };

  const backup = await keepBackup(
    text,
    options.backupDir ?? join(host.layout.stateDir, 'conf-backups'),
    host,
  );
  await host.files.writeAtomic(path, confBytes(change.after));
  host.log(`changed ${path}, was kept as ${backup}\n${change.diff}`);
  return { ...change, path, backup };
}

/**
 * Before a running server is taken down: would it come up again?
 * @throws Refusal E_CONF_WOULD_KILL, E_CONF_MISSING
 */
export async function requireSurvivableConf(home: string, host: Host): Promise<void> {
  const file = await readConf(home, host);
  const findings = lintConfFile(file, host);
  if (wouldKillServer(findings)) throw confWouldKill(findings);
}

/** Outside HOME and 0600: the file may hold passwords, and what lies in HOME stops a later install.sh. */
async function keepBackup(text: string, dir: string, host: Host): Promise<string> {
  await host.files.makeDir(dir, 0o700);
  const stamp = host.clock.now().toISOString().replace(/[:.]/g, '-');
  const names = Array.from({ length: 100 }, (_, n) =>
    join(dir, `sandstorm.conf.${stamp}${n === 0 ? '' : `.${n}`}`),
  );
  for (const path of names) {
    if ((await host.files.lstat(path)) !== undefined) continue;
    await host.files.writeAtomic(path, confBytes(text), 0o600);
    return path;
  }
  throw new Refusal('E_IO', `too many backups of this very moment in ${dir}`, {
    hint: `tidy up ${basename(dir)}`,
  });
}

/** A file that is deadly already may be edited, step by step, towards one that is not. */
function refuseNewDeaths(before: string, after: string): void {
  const old = new Set(
    lintConf(before)
      .filter(({ kills }) => kills)
      .map(deathOf),
  );
  const fresh = lintConf(after).filter((finding) => finding.kills && !old.has(deathOf(finding)));
  if (fresh.length > 0) throw confWouldKill(fresh);
}

function deathOf({ code, message }: LintFinding): string {
  return `${code} ${message}`;
}

function confMissing(home: string): Refusal {
  return new Refusal('E_CONF_MISSING', `there is no sandstorm.conf in ${home}`, {
    hint: 'is Sandstorm installed there? name another install directory with --home DIR',
  });
}

function confWouldKill(findings: readonly LintFinding[]): Refusal {
  const deadly = findings.filter(({ kills }) => kills);
  const [first] = deadly;
  const where = first?.line === undefined ? '' : `line ${first.line}: `;
  const more = deadly.length > 1 ? ` (and ${deadly.length - 1} more)` : '';
  return new Refusal(
    'E_CONF_WOULD_KILL',
    `the server would not come up: ${where}${first?.message ?? ''}${more}`,
    {
      hint: first?.fix ?? 'sandstorm-airgap config lint shows every such line',
      result: { findings: deadly },
    },
  );
}
