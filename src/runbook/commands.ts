import { shellWord } from '../words.js';

/** What a page tells people to type, for this very server. */
export interface RunbookCommands {
  readonly [name: string]: string;
  readonly status: string;
  readonly preflight: string;
  readonly kitVerify: string;
  readonly dryRun: string;
  readonly install: string;
  readonly update: string;
  readonly rollback: string;
  readonly rollbackDry: string;
  readonly resume: string;
  readonly resumeDry: string;
  readonly abort: string;
  readonly restart: string;
  readonly record: string;
  readonly recover: string;
  readonly checklist: string;
  readonly adminToken: string;
}

export interface CommandFacts {
  readonly home: string;
  readonly isUsualHome: boolean;
  readonly what: 'install' | 'update' | 'recover';
  /** What the operation is made with: a tarball or a transfer kit. */
  readonly source: { readonly path: string; readonly isKit: boolean } | undefined;
  /** More that it is to be told: ["--allow-unsigned"]. */
  readonly flags: readonly string[];
  /** Those of them that preflight takes, too. */
  readonly checkFlags: readonly string[];
}

/** Pure. */
export function runbookCommands(facts: CommandFacts): RunbookCommands {
  const { home, isUsualHome, what, source, flags, checkFlags } = facts;
  const at = isUsualHome ? [] : ['--home', home];
  const typed = (words: readonly string[]): string => ['sandstorm-airgap', ...words].map(shellWord).join(' ');
  const tool = (...words: readonly string[]): string => typed([...words, ...at]);
  const file = source === undefined ? [] : [source.path];
  // It reads a tarball to know what the release needs, and cannot read one inside a kit.
  const readable = source?.isKit === true ? [] : file;
  return {
    status: tool('status'),
    preflight: tool('preflight', ...readable, ...checkFlags),
    kitVerify: typed(['kit', 'verify', ...file]),
    dryRun: tool(what === 'install' ? 'install' : 'update', ...file, ...flags, '--dry-run'),
    install: tool('install', ...file, ...flags),
    update: tool('update', ...file, ...flags),
    rollback: tool('rollback'),
    rollbackDry: tool('rollback', '--dry-run'),
    resume: tool('resume'),
    resumeDry: tool('resume', '--dry-run'),
    abort: tool('abort'),
    restart: tool('service', 'restart'),
    record: tool('runbook', 'record', '--output', 'record.html'),
    recover: tool('runbook', 'recover'),
    checklist: tool('checklist', '--output', 'checklist.html'),
    adminToken: `${shellWord(home)}/sandstorm admin-token`,
  };
}
