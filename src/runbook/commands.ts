import { shellWord } from '../words.js';

/** What a page tells people to type, for this very server. */
export interface RunbookCommands {
  readonly [name: string]: string;
  readonly status: string;
  readonly preflight: string;
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
  readonly tarball: string | undefined;
  /** More that the operation is to be told: ["--allow-unsigned"]. */
  readonly flags: readonly string[];
}

/** Pure. */
export function runbookCommands({ home, isUsualHome, what, tarball, flags }: CommandFacts): RunbookCommands {
  const at = isUsualHome ? [] : ['--home', home];
  const tool = (...words: readonly string[]): string =>
    ['sandstorm-airgap', ...words, ...at].map(shellWord).join(' ');
  const file = tarball === undefined ? [] : [tarball];
  const named = tarball === undefined ? [] : ['--tarball', tarball];
  const addresses = what === 'install' ? flags : [];
  return {
    status: tool('status'),
    preflight: tool('preflight', ...named, ...addresses),
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
