import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/support/redact.js';
import { randomFrom } from '../../helpers/random-from.js';

const text = (input: string, known: Parameters<typeof redact>[1] = []): string => redact(input, known).text;
const PEM_BODY =
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3S\n';
const HEX40 = '0123456789abcdef0123456789abcdef01234567';
const TOKEN = 'aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9f';

describe('what is taken out of a text', () => {
  it.each([
    // Links
    ['http://s.corp.lan:6080/setup/token/' + HEX40, 'http://s.corp.lan:6080/setup/token/[redacted link]'],
    ['GET /shared/' + TOKEN + ' HTTP/1.1', 'GET /shared/[redacted link] HTTP/1.1'],
    ['/setup/token/0123456789abcdef\n01234567 opened', '/setup/token/[redacted link] opened'],
    ['at \\/setup\\/token\\/abc-123', 'at /setup/token/[redacted link]'],
    ['https://api-x.corp.lan#' + TOKEN, 'https://api-x.corp.lan#[redacted token]'],
    // Session hosts
    ['Host: ui-8f1d2c3b4a5968778695a4b3c2d1e0f1.corp.lan', 'Host: ui-[redacted session].corp.lan'],
    // URLs
    ['smtp://bob:hunter2@mail.corp.lan:25', 'smtp://[redacted url]@mail.corp.lan:25'],
    ['MAIL_URL=smtp://b%40x:p%2Fw@mail:25', '[redacted encoded]'],
    ['ldaps://x:a/b:c@ldap.corp.lan', 'ldaps://[redacted url]@ldap.corp.lan'],
    ['u=smtp%3A%2F%2Fbob%3Ahunter2%40mail.corp.lan x', '[redacted encoded] x'],
    ['u=smtp%253A%252F%252Fbob%253Ahunter2%2540mail.corp.lan x', '[redacted encoded] x'],
    // Headers
    ['authorization: Basic Ym9iOmh1bnRlcjI=', 'authorization: [redacted header]'],
    ['Cookie: a=b; sessionid=c', 'Cookie: [redacted header]'],
    [
      '{"headers":{"Set-Cookie":"x=y; Path=/","Host":"a"}}',
      '{"headers":{"Set-Cookie":"[redacted header]","Host":"a"}}',
    ],
    [
      '"{\\"authorization\\":\\"Bearer abc\\",\\"a\\":1}"',
      '"{\\"authorization\\":\\"[redacted header]\\",\\"a\\":1}"',
    ],
    ['curl said Bearer abcdefgh1234', 'curl said Bearer [redacted header]'],
    // Fields
    [
      '{"ldapSearchBindPassword":"hun\\"ter2","port":389}',
      '{"ldapSearchBindPassword":"[redacted field]","port":389}',
    ],
    ["{password: 'two words', a: 1}", "{password: '[redacted field]', a: 1}"],
    ['PRIVATE_KEY_PASSWORD=two words', 'PRIVATE_KEY_PASSWORD=[redacted field]'],
    ['GET /x?token=short&a=b HTTP', 'GET /x?token=[redacted field]&a=b HTTP'],
    ['sandcats_key: abc', 'sandcats_key: [redacted field]'],
    ['{"smtp":{"auth":{"user":"x","pass":"y"}}}', '{"smtp":{"auth":{"user":"x","pass":"[redacted field]"}}}'],
    [
      '{"password" : null, "token":true, "secret": "x"}',
      '{"password" : null, "token":true, "secret": "[redacted field]"}',
    ],
    ['password: [redacted known] token: x', 'password: [redacted known] token: [redacted field]'],
    ['password: {hunter2}', 'password: [redacted field]'],
    ['session: { id: 1, token: "x" }', 'session: { id: 1, token: "[redacted field]" }'],
    // Mail
    ['for <alice.b+c@corp.example>', 'for <[redacted mail]>'],
    ['ålice@corp.example', '[redacted mail]'],
    ['a\\u0040corp.example b&#64;corp.example', '[redacted mail] [redacted mail]'],
    ['alice@\n  corp.example x', '[redacted mail] x'],
    ['to=alice%40corp.example', '[redacted encoded]'],
    ['user@1000.service failed', 'user@1000.service failed'],
    // Tokens
    ['got ' + TOKEN, 'got [redacted token]'],
    ['id ' + HEX40, 'id [redacted token]'],
    ['id 8f1d2c3b-4a59-6877-8695-a4b3c2d1e0f1', 'id [redacted token]'],
    ['\u001b[31maB3dE5\u001b[0mfG7hJ9kL1mN3pQ5', '[redacted token]'],
    ['aB3dE5\u0000fG7hJ9\u200bkL1mN3pQ5', '[redacted token]'],
    // Base64 of what has a secret in it
    [Buffer.from('{"mail":"alice@corp.example"}').toString('base64'), '[redacted encoded]'],
    [Buffer.from('password=hunter2').toString('base64url'), '[redacted encoded]'],
  ])('%j', (input, expected) => {
    expect(text(input)).toBe(expected);
  });

  it.each([
    [
      'whole',
      `a\n-----BEGIN PRIVATE KEY-----\n${PEM_BODY}-----END PRIVATE KEY-----\nz`,
      'a\n[redacted key]\nz',
    ],
    [
      'cut off',
      `a\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${PEM_BODY}`,
      'a\n[redacted key]',
    ],
    ['without its beginning', `${PEM_BODY}YWJj\n-----END PRIVATE KEY-----\nz`, '[redacted key]\nz'],
    [
      'in JSON',
      `{"key":"${`-----BEGIN EC PRIVATE KEY-----\n${PEM_BODY}-----END EC PRIVATE KEY-----\n`.replaceAll('\n', '\\n')}","b":1}`,
      '{"key":"[redacted key]\\n","b":1}',
    ],
    [
      'in a URL',
      `k=-----BEGIN%20PRIVATE%20KEY-----%0A${encodeURIComponent(PEM_BODY)}-----END%20PRIVATE%20KEY----- z`,
      'k=[redacted key] z',
    ],
    [
      'of features',
      `--------------------- BEGIN SANDSTORM FEATURE KEY ----------------------\n${PEM_BODY}--------------------- END SANDSTORM FEATURE KEY ----------------------\nz`,
      '[redacted key]\nz',
    ],
    [
      'of OpenPGP',
      `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n${PEM_BODY}=abcd\n-----END PGP PRIVATE KEY BLOCK-----`,
      '[redacted key]',
    ],
    [
      'two, the first cut off',
      `-----BEGIN PRIVATE KEY-----\nMIIE\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----`,
      '[redacted key][redacted key]',
    ],
    ['without any marks', `x\n${PEM_BODY}z z`, 'x\n[redacted block]\nz z'],
  ])('a key, %s', (_, input, expected) => {
    expect(text(input)).toBe(expected);
  });

  it('is a known secret in every dress', () => {
    const value = 'Tr0ub4dor & "3"/ü';
    const known = [{ name: 'PRIVATE_KEY_PASSWORD', value }];
    const bytes = Buffer.from(value);
    for (const dressed of [
      value,
      encodeURIComponent(value),
      encodeURIComponent(value).toLowerCase(),
      JSON.stringify({ a: value }),
      bytes.toString('hex'),
      ...['', 'x', 'xy', 'xyz'].map((before) => Buffer.from(`${before}${value}tail`).toString('base64')),
      Buffer.from(`a:${value}`).toString('base64url'),
      `${value.slice(0, 6)}\n    ${value.slice(6)}`,
      `${value.slice(0, 6)}=\n${value.slice(6)}`,
    ]) {
      const clean = text(`before ${dressed} after`, known);
      expect({ dressed, clean: clean.includes('redacted') && !clean.includes('Tr0ub4') }).toEqual({
        dressed,
        clean: true,
      });
    }
  });

  it('is counted by its kind', () => {
    expect(redact('a@corp.example b@corp.example password: x').counts).toEqual({ mail: 2, field: 1 });
    expect(redact('nothing here').counts).toEqual({});
  });
});

describe('what helps somebody to help stays', () => {
  it.each([
    'BASE_URL=http://sandstorm.corp.lan:6080',
    'WILDCARD_HOST=*.sandstorm.corp.lan:6080',
    'UPDATE_CHANNEL=none',
    '2026-11-22T02:13:00.123Z step-begins stop',
    '/var/lib/sandstorm-airgap/opt-sandstorm/runs/2026-11-22T021300123Z-update/journal.ndjson',
    '** Starting up with PID 12345 ... sandstorm-309.tar.xz',
    'at Object.<anonymous> (/programs/server/boot.js:401:12)',
    `SHA-256: ${'0a1b'.repeat(16)}`,
    'app vxe8awcxvtj6yu0vgjpm1tsaeu7x8v8tfp71tyvnm6ykkephu9q0',
    'E_PREFLIGHT_FAILED dns.wildcard fail',
    'Linux box 6.1.0-28-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1',
    'ExecStart=/opt/sandstorm/sandstorm start',
    'connect ECONNREFUSED 127.0.0.1:6081',
    '{"id":"disk.space","status":"pass","lines":["12 GB free on /"]}',
  ])('%s', (line) => {
    expect(text(line)).toBe(line);
  });
});

describe('whatever a text holds', () => {
  const PARTS = [
    ...[
      'password',
      'token',
      '"',
      "'",
      '\\',
      '\\"',
      '\n',
      ' ',
      ':',
      '=',
      '=>',
      '%',
      '%40',
      '%0A',
      '@',
      '/',
      '//',
      '-',
      '-----',
    ],
    ...[
      'BEGIN PRIVATE KEY',
      'END PRIVATE KEY',
      'http://',
      '/setup/token/',
      '/shared/',
      'Cookie',
      'authorization',
      'Bearer ',
    ],
    ...[
      '[redacted mail]',
      '[redacted ',
      ']',
      'a@b.example',
      'ui-',
      '\u001b[',
      '\u0000',
      'ü',
      '\ud83d',
      '#',
      '&',
      '?',
      '<',
      '>',
    ],
    ...['abcdef0123456789', 'aB3dE5fG7hJ9kL1m', 'QUJDREVGR0g=', 'x', '9', '.', '_'],
  ];

  // A word with percent signs is judged as a whole, and may be another one when it is read again.
  const PLAIN = PARTS.filter((part) => !part.includes('%'));

  it('is read a second time without a change, and never with an error', () => {
    const random = randomFrom(20_261_122);
    for (let round = 0; round < 3000; round += 1) {
      const input = Array.from({ length: 1 + random(14) }, () => PLAIN[random(PLAIN.length)] ?? '').join('');
      const once = text(input);
      expect({ input, twice: text(once) }).toEqual({ input, twice: once });
    }
  });

  it('a known secret does not survive in it', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 1500; round += 1) {
      const value = Array.from({ length: 8 + random(12) }, () => 'aZ9!$ü\\"/+=&. '[random(14)] ?? 'q')
        .join('')
        .trim();
      if (value.length < 8) continue;
      const noise = (): string =>
        Array.from({ length: random(6) }, () => PARTS[random(PARTS.length)] ?? '').join('');
      const dressed = [value, encodeURIComponent(value), JSON.stringify(value)][random(3)] ?? '';
      const clean = text(`${noise()} ${dressed} ${noise()}`, [{ name: 'X', value }]);
      expect({ value, clean, left: clean.includes(value) || clean.includes(dressed) }).toMatchObject({
        left: false,
      });
    }
  });

  it('a planted secret of any kind does not survive in it', () => {
    const random = randomFrom(99);
    const drawn = (letters: string, length: number): string =>
      Array.from({ length }, () => letters[random(letters.length)] ?? '').join('');
    const alnum = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    const plants: (() => readonly [planted: string, secret: string])[] = [
      () => both(drawn('0123456789abcdef', 40), (one) => `/setup/token/${one}`),
      () => both(drawn(`${alnum}-_`, 43), (one) => `/shared/${one}`),
      () => both(drawn(alnum, 9), (one) => `password=${one}`),
      () => both(drawn(alnum, 9), (one) => `{"bindPassword": "${one}"}`),
      () => both(drawn(alnum, 9), (one) => `smtp://bob:${one}@mail.corp.lan`),
      () => both(drawn(alnum, 30), (one) => `Authorization: Bearer ${one}`),
      () => both(`${drawn('abcdefghij', 7)}@corp.example`, (one) => `<${one}>`),
      () => both(drawn(alnum, 9), (one) => encodeURIComponent(`{"password":"${one}"}`)),
      () => both(drawn('0123456789abcdef', 32), (one) => `ui-${one}.corp.lan`),
    ];
    for (let round = 0; round < 2000; round += 1) {
      const [planted, secret] = plants[random(plants.length)]?.() ?? ['', '-'];
      const line = `${drawn('abc def.', random(30))} ${planted} ${drawn('abc def.', random(30))}`;
      const clean = text(line);
      expect({ line, clean, left: clean.includes(secret) }).toMatchObject({ left: false });
    }
  });

  it.each([
    ['one letter', 'a'],
    ['at signs', '@'],
    ['mail without an end', 'a.'],
    ['beginnings of keys', '-----BEGIN A-----'],
    ['ends of keys', '-----END A-----\n'],
    ['dashes', '-'],
    ['base64 lines', `${'QUJD'.repeat(16)}\n`],
    ['percent signs', '%41'],
    ['quotes', 'password="'],
    ['backslashes', 'token\\\\\\'],
    ['names of fields', 'pass_token.'],
    ['schemes', 'http://a:'],
    ['links', '/shared/a\n'],
    ['escape sequences', '\u001b]'],
    ['blanks', 'cookie          '],
    ['colons', 'token:'],
  ])('takes no more than its length asks for: 200 kB of %s', { timeout: 20_000 }, (_, part) => {
    // Not timed: what is quadratic would still be running tomorrow.
    expect(text(part.repeat(Math.ceil(200_000 / part.length))).length).toBeLessThan(6_000_000);
  });
});

function both(secret: string, plant: (secret: string) => string): readonly [string, string] {
  return [plant(secret), secret];
}
