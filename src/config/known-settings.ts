import { isIP } from 'node:net';
import { Refusal } from '../errors.js';

export type SettingKind =
  'user' | 'port' | 'ports' | 'ip' | 'url' | 'wildcard' | 'channel' | 'boolean' | 'text' | 'secret';

export interface KnownSetting {
  readonly key: string;
  readonly kind: SettingKind;
  /** One line for people. */
  readonly about: string;
  /** Shown with its secret part left out. */
  readonly secret: boolean;
  /** What the value would have to be, when it is not; undefined when it is good. */
  readonly problem: (value: string) => string | undefined;
}

type Problem = KnownSetting['problem'];

const PROBLEMS: Record<SettingKind, Problem> = {
  user: (value) =>
    isUserName(value) && !isRootName(value) ? undefined : 'the name of an account that is not root',
  port: (value) => (isPort(value) ? undefined : 'a port, 1 to 65535'),
  ports: (value) =>
    value.split(',').every((port) => isPort(port.trim()))
      ? undefined
      : 'one port or several with commas between',
  // inet_pton takes no zone ("%eth0"), isIP does.
  ip: (value) => (isIP(value) !== 0 && !value.includes('%') ? undefined : 'an IP address of this machine'),
  url: (value) => (/^[a-z][a-z0-9+.-]*:\/\/[^\s"\\]+$/i.test(value) ? undefined : 'a URL'),
  wildcard: (value) => wildcardProblem(value),
  channel: (value) => (/^[a-z]*$/.test(value) ? undefined : 'none or the name of a channel'),
  boolean: (value) => (/^(true|yes|false|no)$/.test(value) ? undefined : 'true or false'),
  text: (value) => (/["\\]/.test(value) ? 'without quotes and backslashes' : undefined),
  secret: (value) => (value === '' ? 'not empty' : undefined),
};

const setting = (
  key: string,
  kind: SettingKind,
  about: string,
  own: Partial<KnownSetting> = {},
): KnownSetting => ({
  key,
  kind,
  about,
  secret: kind === 'secret',
  problem: PROBLEMS[kind],
  ...own,
});

/** Every key of the server's own parser (config.c++); anything else it ignores with a warning in its log. */
export const KNOWN_SETTINGS: readonly KnownSetting[] = [
  setting('SERVER_USER', 'user', 'account the server runs under; never root'),
  setting('PORT', 'ports', 'HTTP ports; people use the first, the others send them there'),
  setting('HTTPS_PORT', 'port', 'port for HTTPS, with a certificate the server itself holds'),
  setting('SMTP_LISTEN_PORT', 'port', 'port for mail to grains'),
  setting('BIND_IP', 'ip', 'address to listen on; 0.0.0.0 for all'),
  setting('MONGO_PORT', 'port', 'port of the database, on loopback only'),
  setting('BASE_URL', 'url', 'address people open in the browser, without a path', {
    problem: baseUrlProblem,
  }),
  setting('WILDCARD_HOST', 'wildcard', 'pattern of the host names grains get, with exactly one star'),
  setting('WILDCARD_PARENT_URL', 'url', 'old form of WILDCARD_HOST'),
  setting('UPDATE_CHANNEL', 'channel', 'where updates come from; none without internet'),
  setting('SANDCATS_BASE_DOMAIN', 'text', 'domain of the Sandcats name service; not used without internet'),
  setting('ALLOW_DEMO_ACCOUNTS', 'boolean', 'any visitor may make a passing account'),
  setting('ALLOW_DEV_ACCOUNTS', 'boolean', 'any visitor may log in as anybody, administrators included'),
  setting('IS_TESTING', 'boolean', 'switches security off for automatic tests'),
  setting('HIDE_TROUBLESHOOTING', 'boolean', 'leaves out the link to help on the login page'),
  setting('USE_EXPERIMENTAL_SECCOMP_FILTER', 'boolean', 'stricter filter of system calls for grains'),
  setting('LOG_SECCOMP_VIOLATIONS', 'boolean', 'writes blocked system calls of grains to the log'),
  setting('ALLOW_LEGACY_RELAXED_CSP', 'boolean', 'lets grains load scripts from other servers'),
  setting('EXPERIMENTAL_GATEWAY', 'boolean', 'without effect today'),
  setting('DDP_DEFAULT_CONNECTION_URL', 'url', 'address for the live connection, when not BASE_URL'),
  setting('MAIL_URL', 'url', 'SMTP server for outgoing mail, until one is set in the admin pages', {
    secret: true,
  }),
  setting('PRIVATE_KEY_PASSWORD', 'secret', 'password of the TLS key'),
  setting('TERMS_PAGE_PUBLIC_ID', 'text', 'public id of the grain that shows the terms of use'),
  setting('STRIPE_SECRET_KEY', 'secret', 'key for payments'),
  setting('STRIPE_PUBLIC_KEY', 'text', 'public key for payments'),
];

const BY_KEY = new Map(KNOWN_SETTINGS.map((known) => [known.key, known]));

export function knownSetting(key: string): KnownSetting | undefined {
  return BY_KEY.get(key);
}

/** @throws Refusal E_CONF_UNKNOWN_KEY, E_CONF_VALUE: for a person who sets one value on purpose */
export function requireGoodSetting(key: string, value: string): void {
  const known = knownSetting(key);
  if (known === undefined) throw unknownKey(key);
  const expected = known.problem(value);
  if (expected === undefined) return;
  throw new Refusal('E_CONF_VALUE', `${key} must be ${expected}, not "${redactValue(key, value)}"`);
}

/** The key that was probably meant. */
export function nearMiss(key: string): string | undefined {
  const plain = key
    .replace(/^export\s+/, '')
    .replace(/[-\s.]/g, '_')
    .toUpperCase();
  const near = KNOWN_SETTINGS.filter((known) => Math.abs(known.key.length - plain.length) <= 2)
    .map((known) => ({ key: known.key, distance: editDistance(plain, known.key) }))
    // One slip in a short name, two in a long one: POST is near PORT, but FOO_PORT is a key of its own.
    .filter(({ key: candidate, distance }) => distance <= (candidate.length < 8 ? 1 : 2))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.key;
}

export function unknownKey(key: string): Refusal {
  const near = nearMiss(key);
  return new Refusal('E_CONF_UNKNOWN_KEY', `Sandstorm has no setting ${JSON.stringify(key)}`, {
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}

/** Also names that only look like secrets: a misspelt PRIVATE_KEY_PASSWORD holds a password all the same. */
export function isSecretKey(key: string): boolean {
  return (
    (knownSetting(key) ?? knownSetting(nearMiss(key) ?? ''))?.secret ??
    /PASS|SECRET|TOKEN|MAIL_URL/i.test(key)
  );
}

/** A value as it may be shown: secrets as "…", of a mail URL only the password. */
export function redactValue(key: string, value: string): string {
  if (!isSecretKey(key) || value === '') return value;
  const mail = /^([a-z]+:\/\/)([^/@:]*)(:[^/@]*)?@([^/@?#]+)(?=$|[/?])/i.exec(value);
  if (mail !== null)
    return `${mail[1] ?? ''}${mail[2] ?? ''}${mail[3] === undefined ? '' : ':…'}@${mail[4] ?? ''}`;
  return /^[a-z]+:\/\/[^@:/?]+(:\d+)?\/?$/i.test(value) ? value : '…';
}

/** What the server takes for true: these two, in this spelling. */
export function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === 'yes';
}

export function isRootName(value: string): boolean {
  return value === 'root' || /^\+?0+$/.test(value);
}

/** What the server's own reading of id(1) allows; a leading dash would be an option of id(1). */
function isUserName(value: string): boolean {
  return /^[\w.$\x80-\u{10ffff}][\w.$\x80-\u{10ffff}-]*$/u.test(value);
}

function isPort(value: string): boolean {
  return /^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535;
}

function baseUrlProblem(value: string): string | undefined {
  const expected = 'http://HOST or https://HOST, with a port where needed and no path';
  return /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?\/*$/i.test(value) && portFits(value)
    ? undefined
    : expected;
}

function wildcardProblem(value: string): string | undefined {
  return /^[a-z0-9._-]*\*[a-z0-9._-]*(:[0-9]{1,5})?$/i.test(value) && portFits(value)
    ? undefined
    : 'a host name with exactly one star, such as *.sandstorm.example.com, without http://';
}

function portFits(value: string): boolean {
  const port = /:([0-9]+)\/*$/.exec(value)?.[1];
  return port === undefined || isPort(port);
}

/** Optimal string alignment: a swap of neighbours is one slip, as is a lost, added or changed letter. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, swapped));
    }
  }
  return at(a.length, b.length);
}
