import { isSecretKey, knownSetting, nearMiss } from './known-settings.js';
import { lintShell } from './lint-shell.js';
import { lintPorts, lintValue } from './lint-values.js';
import { assignments, getValue, parseConf, type Assignment, type ConfDocument } from './sandstorm-conf.js';

export interface LintFinding {
  /** error: the server dies, is open to anybody, or does not do what the line says. */
  readonly level: 'error' | 'warning';
  /** Stable. */
  readonly code: LintCode;
  /** From 1; undefined when it is about what is missing. */
  readonly line: number | undefined;
  readonly message: string;
  readonly fix?: string;
  /** After the next restart nobody would get an answer: the server stops at it, or its gateway or shell does, for ever. */
  readonly kills: boolean;
}

export type LintCode =
  | 'BOM'
  | 'CONTROL_CHARACTER'
  | 'NO_EQUALS'
  | 'UNKNOWN_KEY'
  | 'MISSPELT_KEY'
  | 'DUPLICATE'
  | 'MISSING'
  | 'BAD_PORT'
  | 'PORT_CLASH'
  | 'BAD_USER'
  | 'BAD_IP'
  | 'BAD_URL'
  | 'BAD_WILDCARD'
  | 'BAD_BOOLEAN'
  | 'BAD_VALUE'
  | 'QUOTES'
  | 'INSECURE'
  | 'UPDATES_ON'
  | 'PORTS_DIFFER'
  | 'OVERRULED'
  | 'COMMENT_CUTS_VALUE'
  | 'SHELL'
  | 'OWNER';

export interface LintOptions {
  /** The server is started by root, as it is where install.sh was run by root (the default). */
  readonly asRoot?: boolean;
}

/**
 * What is wrong, or soon will be, with a sandstorm.conf. No message holds a secret.
 * @param text a byte text (see sandstorm-conf.ts); an ordinary UTF-8 string serves too
 */
export function lintConf(text: string, options: LintOptions = {}): LintFinding[] {
  const document = parseConf(text);
  const all = assignments(document);
  const lastLine = new Map(all.map(({ key, number }) => [key, number]));
  const asRoot = options.asRoot ?? true;
  return [
    ...lintBytes(text, document),
    ...document.lines.flatMap(({ content, number }) => (content.kind === 'stray' ? [noEquals(number)] : [])),
    ...all.flatMap((assignment) =>
      lintAssignment(assignment, lastLine.get(assignment.key) === assignment.number),
    ),
    ...lintPorts(document),
    ...lintMissing(document, asRoot),
    ...lintTogether(document),
    ...lintShell(document),
  ].sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
}

export function wouldKillServer(findings: readonly LintFinding[]): boolean {
  return findings.some(({ kills }) => kills);
}

/**
 * The server knows no byte order mark: the first line's key would be an unknown one, and a comment or
 * blank first line becomes a line without "=" (found as such).
 */
function lintBytes(text: string, document: ConfDocument): LintFinding[] {
  const findings: LintFinding[] = [];
  if (/^(\xef\xbb\xbf|\ufeff)/.test(text)) {
    findings.push({
      level: 'error',
      code: 'BOM',
      line: 1,
      message: 'the file begins with a byte order mark, which the server takes for part of the first line',
      fix: "sed -i '1s/^\\xEF\\xBB\\xBF//' sandstorm.conf",
      kills: false,
    });
  }
  for (const { raw, number } of document.lines) {
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (!/[\0-\x08\x0e-\x1f\x7f]|\r(?!\n?$)/.test(raw)) continue;
    findings.push({
      level: 'warning',
      code: 'CONTROL_CHARACTER',
      line: number,
      message: 'a control character or a carriage return inside the line',
      kills: false,
    });
  }
  return findings;
}

function noEquals(line: number): LintFinding {
  return {
    level: 'error',
    code: 'NO_EQUALS',
    line,
    message: 'a line without "=": the server refuses to start',
    fix: 'begin the line with "#", or remove it',
    kills: true,
  };
}

/** `last`: it is the assignment the server goes by. */
function lintAssignment(assignment: Assignment, last: boolean): LintFinding[] {
  const { key, number: line } = assignment;
  const findings = [...lintComment(assignment)];
  if (knownSetting(key) === undefined) return [...findings, ...lintUnknown(assignment)];

  if (!last) {
    findings.push({
      level: 'warning',
      code: 'DUPLICATE',
      line,
      message: `${key} is set again further down; this line does not count`,
      fix: 'remove this line',
      kills: false,
    });
  }
  return [...findings, ...lintValue(assignment, last)];
}

function lintUnknown({ key, number: line }: Assignment): LintFinding[] {
  const name = JSON.stringify(key.slice(0, 60));
  // The mark is a finding of its own.
  if (/^(\xef\xbb\xbf|\ufeff)/.test(key)) return [];
  const near = nearMiss(key);
  if (near === undefined) {
    const message = `Sandstorm has no setting ${name} and ignores the line`;
    return [{ level: 'warning', code: 'UNKNOWN_KEY', line, message, kills: false }];
  }
  return [
    {
      level: 'error',
      code: 'MISSPELT_KEY',
      line,
      message: `Sandstorm has no setting ${name} and ignores the line`,
      fix: `did you mean ${near}?`,
      kills: false,
    },
  ];
}

/** `BASE_URL=http://x#y`: the server cuts at the "#", also where bash and the eye do not. */
function lintComment({ key, value, comment, raw, valueEnd, number: line }: Assignment): LintFinding[] {
  if (comment === undefined || value === '' || raw[valueEnd] !== '#') return [];
  return [
    {
      level: isSecretKey(key) ? 'error' : 'warning',
      code: 'COMMENT_CUTS_VALUE',
      line,
      message: `the value of ${key} ends at the "#": the server takes the rest for a comment`,
      fix: 'put a blank before the "#" if a comment is meant; a value cannot hold "#" (in a URL write %23)',
      kills: false,
    },
  ];
}

function lintMissing(document: ConfDocument, asRoot: boolean): LintFinding[] {
  const has = (key: string): boolean => getValue(document, key) !== undefined;
  const missing: { key: string; why: string; when: boolean }[] = [
    { key: 'SERVER_USER', why: 'the server refuses to run as root', when: asRoot },
    { key: 'PORT', why: 'the server has nothing to listen on', when: true },
    { key: 'BASE_URL', why: 'the gateway dies over and over', when: true },
    { key: 'WILDCARD_HOST', why: 'the gateway dies over and over', when: !has('WILDCARD_PARENT_URL') },
  ];
  return missing
    .filter(({ key, when }) => when && !has(key))
    .map(({ key, why }) => ({
      level: 'error',
      code: 'MISSING',
      line: undefined,
      message: `${key} is not set: ${why}`,
      fix: `sandstorm-airgap config set ${key} VALUE`,
      kills: true,
    }));
}

function lintTogether(document: ConfDocument): LintFinding[] {
  const find = (key: string): Assignment | undefined =>
    assignments(document).findLast((one) => one.key === key);
  const findings: LintFinding[] = [];
  const base = find('BASE_URL');
  const wildcard = find('WILDCARD_HOST');
  const parent = find('WILDCARD_PARENT_URL');

  if (wildcard !== undefined && parent !== undefined) {
    // Both write the same field of the server's Config; whichever comes later stays.
    const [loser, winner] = wildcard.number < parent.number ? [wildcard, parent] : [parent, wildcard];
    findings.push({
      level: 'warning',
      code: 'OVERRULED',
      line: loser.number,
      message: `${winner.key} in line ${winner.number} overrules ${loser.key}`,
      fix: 'keep WILDCARD_HOST only',
      kills: false,
    });
  }

  const basePort = base === undefined ? undefined : portOfUrl(base.value);
  if (wildcard === undefined || base === undefined || basePort === undefined) return findings;
  const wildcardPort = /:([0-9]+)$/.exec(wildcard.value)?.[1] ?? defaultPort(base.value);
  if (wildcardPort !== basePort) {
    findings.push({
      level: 'warning',
      code: 'PORTS_DIFFER',
      line: wildcard.number,
      message: `BASE_URL is on port ${basePort}, WILDCARD_HOST on port ${wildcardPort}: grains would not open`,
      fix: 'write the same port in both',
      kills: false,
    });
  }
  return findings;
}

function portOfUrl(url: string): string | undefined {
  const found = /^https?:\/\/(?:[^/:[\]]+|\[[^\]]*\])(?::([0-9]+))?(?:$|\/)/i.exec(url);
  return found === null ? undefined : (found[1] ?? defaultPort(url));
}

function defaultPort(url: string): string {
  return /^https:/i.test(url) ? '443' : '80';
}
