import { isIP } from 'node:net';
import { isRootName, isTrue, knownSetting, redactValue } from './known-settings.js';
import type { LintFinding } from './lint.js';
import { assignments, getValue, type Assignment, type ConfDocument } from './sandstorm-conf.js';

type Found = Omit<LintFinding, 'line'>;

/**
 * One known setting's value. `last` says whether it is the one the server goes by: a single port or
 * SERVER_USER is read, and refused, in every line it stands in, the others only count in their last.
 */
export function lintValue(assignment: Assignment, last: boolean): LintFinding[] {
  const { key, value, number: line } = assignment;
  const known = knownSetting(key);
  if (known === undefined) return [];
  const found: Found[] = [];

  const quoted = /^(["']).*\1$/.test(value);
  if (quoted) {
    found.push({
      level: 'error',
      code: 'QUOTES',
      message: `the quotes become part of ${key}: sandstorm.conf knows no quoting`,
      fix: `write ${key}=${redactValue(key, value.slice(1, -1))}`,
      kills: false,
    });
  }

  const checked = check(assignment, last);
  if (checked !== undefined) found.push(checked);
  if (last) found.push(...lintMeaning(key, value));
  return found.map((finding) => ({ ...finding, line }));
}

/** One port wanted by two: whichever comes second fails, and the server or its database dies of it. */
export function lintPorts(document: ConfDocument): LintFinding[] {
  const seen = new Map<number, string>();
  const findings: LintFinding[] = [];
  for (const { key, ports, line } of portsWanted(document)) {
    for (const port of ports) {
      const other = seen.get(port);
      seen.set(port, key);
      if (other === undefined) continue;
      findings.push({
        level: 'error',
        code: 'PORT_CLASH',
        line,
        message:
          other === key
            ? `${key} names port ${port} twice`
            : `${key} and ${other} both want port ${port}: only one can have it`,
        fix: 'give each a port of its own',
        kills: true,
      });
    }
  }
  return findings;
}

function portsWanted(document: ConfDocument): { key: string; ports: number[]; line: number | undefined }[] {
  const wanted = (key: string, unset: string) => {
    const assignment = assignments(document).findLast((one) => one.key === key);
    const ports = (assignment?.value ?? unset)
      .split(',')
      .map((port) => serverNumber(port) ?? 0)
      // With port 0 the kernel picks a free one; what is no number is a finding of its own.
      .filter((port) => port !== 0);
    return { key, ports, line: assignment?.number };
  };
  const bindIp = getValue(document, 'BIND_IP') ?? '127.0.0.1';
  const besideMongo = ['0.0.0.0', '127.0.0.1', '::', '::ffff:127.0.0.1'].includes(bindIp);
  // HTTPS_PORT does nothing without PORT. The numbers are the server's own defaults (config.h).
  return [
    ...(getValue(document, 'PORT') === undefined ? [] : [wanted('HTTPS_PORT', ''), wanted('PORT', '')]),
    wanted('SMTP_LISTEN_PORT', '30025'),
    ...(besideMongo ? [wanted('MONGO_PORT', '3001')] : []),
  ];
}

function check({ key, value }: Assignment, last: boolean): Found | undefined {
  const known = knownSetting(key);
  const expected = known?.problem(value);
  if (known === undefined || expected === undefined) return undefined;
  const message = `${key} must be ${expected}, not "${redactValue(key, value).slice(0, 100)}"`;

  switch (known.kind) {
    case 'user':
      return {
        level: 'error',
        code: 'BAD_USER',
        message: isRootName(value) ? rootRefused : message,
        kills: true,
      };
    case 'port':
      return { level: 'error', code: 'BAD_PORT', message, kills: serverNumber(value) === undefined };
    case 'ports': {
      const broken = value.split(',').some((port) => serverNumber(port) === undefined);
      return { level: 'error', code: 'BAD_PORT', message, kills: last && broken };
    }
    case 'ip':
      return {
        level: 'error',
        code: 'BAD_IP',
        message,
        kills: last && (isIP(value) === 0 || value.includes('%')),
      };
    case 'wildcard':
      // Without a star the gateway dies over and over, with a quote the shell's settings are broken JSON.
      // Two stars, or http:// in front, only make a pattern that no host name ever fits.
      return {
        level: 'error',
        code: 'BAD_WILDCARD',
        message,
        fix: 'exactly one star, and the port where BASE_URL has one',
        kills: last && (!value.includes('*') || breaksJson(value)),
      };
    case 'url':
      return { level: 'error', code: 'BAD_URL', message, kills: urlKills(key, value, last) };
    case 'boolean':
      return booleanFinding(key, value);
    case 'text':
      return {
        level: 'error',
        code: 'BAD_VALUE',
        message,
        kills: last && inShellSettings(key) && breaksJson(value),
      };
    case 'secret':
    case 'channel':
      return { level: 'warning', code: 'BAD_VALUE', message, kills: false };
  }
}

const rootRefused = 'SERVER_USER is root: the server refuses to start';

function booleanFinding(key: string, value: string): Found {
  const meant = /^(["']?)(true|yes|on|y|t|1|enabled?)\1$/i.test(value);
  return {
    level: 'warning',
    code: 'BAD_BOOLEAN',
    message: meant
      ? `${key} looks like true but counts as false: only "true" and "yes" are true`
      : `${key} is neither true nor false and counts as false`,
    fix: `write ${key}=${meant ? 'true' : 'false'}, whichever is meant`,
    kills: false,
  };
}

function lintMeaning(key: string, value: string): Found[] {
  if (key === 'UPDATE_CHANNEL' && value !== 'none' && value !== '') {
    return [
      {
        level: 'warning',
        code: 'UPDATES_ON',
        message: 'the server looks for updates on the internet, and refuses `sandstorm update FILE`',
        fix: 'sandstorm-airgap config set UPDATE_CHANNEL none',
        kills: false,
      },
    ];
  }
  const danger = isTrue(value) ? DANGERS[key] : undefined;
  if (danger === undefined) return [];
  return [
    {
      level: 'error',
      code: 'INSECURE',
      message: `${key} is on: ${danger}`,
      fix: `sandstorm-airgap config set ${key} false`,
      kills: false,
    },
  ];
}

const DANGERS: Readonly<Record<string, string>> = {
  ALLOW_DEV_ACCOUNTS: 'ANY VISITOR can log in as administrator. Never on a server that others can reach',
  IS_TESTING: 'SECURITY IS SWITCHED OFF for automatic tests. Never on a real server',
  ALLOW_DEMO_ACCOUNTS: 'ANY VISITOR can make an account and run apps',
};

/** KJ's URL parser wants a scheme and a host in BASE_URL; WILDCARD_PARENT_URL is cut at "://" by hand. */
function urlKills(key: string, value: string, last: boolean): boolean {
  if (key === 'BASE_URL') return last && !/^[a-z][a-z0-9+.-]*:\/\/[^/\s"\\]/i.test(value);
  return key === 'WILDCARD_PARENT_URL' && !/:\/\/./.test(value);
}

/** These are written into a JSON text as they are (makeMeteorSettings in run-bundle.c++). */
function inShellSettings(key: string): boolean {
  return ['SANDCATS_BASE_DOMAIN', 'STRIPE_PUBLIC_KEY'].includes(key);
}

function breaksJson(value: string): boolean {
  return /["\\]/.test(value);
}

/** What strtoul(3) and a cast to 16 bits make of it; undefined where the server gives up. */
function serverNumber(value: string): number | undefined {
  const found = /^[ \t\v\f\r]*([+-]?)([0-9]+)[ \t\v\f\r]*$/.exec(value);
  if (found === null) return undefined;
  const [, sign = '', digits = ''] = found;
  // strtoul stops at its largest number, whatever the sign.
  if (digits.length > 19) return 65535;
  return Number(BigInt.asUintN(16, BigInt(digits) * (sign === '-' ? -1n : 1n)));
}
