import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { previewBundle, writeBundle } from '../../../src/operations/support/bundle.js';
import { LOG_BYTES } from '../../../src/operations/support/sources.js';
import type { Manifest } from '../../../src/support/manifest.js';
import type { Host } from '../../../src/system/host.js';
import type { Ui } from '../../../src/ui.js';
import { setConf } from '../../helpers/server-contents.js';
import { canHaveServers, throwAwayServer, type ThrowAwayServer } from '../../helpers/throw-away-server.js';

const ready = canHaveServers('support bundles of a throw-away server');

const PASSWORD = 'Corr3ct/horse&"battery"';
const SHORT = 'hunter2';
const SETUP = '00112233445566778899aabbccddeeff00112233';
const SHARED = 'pL4nt-ShAr1ngT0ken_9zY8xW7vU6tS5rQ4pO3nM2lK';
const KEY_LINES = [
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7PLANTEDkEyBo',
  'dyMzEfYyjiWA4R4M2bS1GB4t7NXp98C3SZZ',
];
const PEM = `-----BEGIN PRIVATE KEY-----\n${KEY_LINES.join('\n')}\n-----END PRIVATE KEY-----\n`;
const FEATURE_KEY = `--------------------- BEGIN SANDSTORM FEATURE KEY ----------------------\n${KEY_LINES.join('\n')}\n--------------------- END SANDSTORM FEATURE KEY ----------------------\n`;
const SESSION = 'c0ffee00c0ffee11c0ffee22c0ffee33';
const BEARER = 'Zx9planted8Yw7Vu6Ts5Rq4Po3Nm2Lk1';
const ADDRESS = 'planted.person+x@corp.example';

/** What must be nowhere, in no dress. */
const SECRETS = [
  PASSWORD,
  SHORT,
  SETUP,
  SHARED,
  ...KEY_LINES,
  SESSION,
  BEARER,
  ADDRESS,
  'planted.person',
  'bindpw-77',
  's3ss10n-cookie',
];

const LOG = [
  `mail through smtp://postmaster:${encodeURIComponent(PASSWORD)}@mail.corp.example:25 failed`,
  `the password is ${PASSWORD}, or in JSON ${JSON.stringify({ anything: PASSWORD })}`,
  `split ${PASSWORD.slice(0, 9)}\n    ${PASSWORD.slice(9)} over lines`,
  `base64 ${Buffer.from(`user:${PASSWORD}`).toString('base64')} and ${Buffer.from(`x${PASSWORD}y`).toString('base64url')}`,
  `hex ${Buffer.from(PASSWORD).toString('hex')}`,
  `setup http://s.corp.example/setup/token/${SETUP}`,
  `cut setup http://s.corp.example/setup/token/${SETUP.slice(0, 20)}\n${SETUP.slice(20)}`,
  `url-encoded http%3A%2F%2Fs.corp.example%2Fsetup%2Ftoken%2F${SETUP}`,
  `shared http://s.corp.example/shared/${SHARED}`,
  `coloured /shared/\u001b[1m${SHARED.slice(0, 8)}\u001b[0m${SHARED.slice(8)}`,
  `host ui-${SESSION}.corp.example`,
  `Authorization: Bearer ${BEARER}`,
  `{"headers":{"cookie":"s3ss10n-cookie=1"},"ldapSearchBindPassword":"bindpw-77","email":"${ADDRESS}"}`,
  `from=${encodeURIComponent(ADDRESS)} <${ADDRESS}>`,
  JSON.stringify({ samlPrivateKey: PEM, note: `as base64 ${Buffer.from(PEM).toString('base64')}` }),
  PEM,
  FEATURE_KEY,
  'what helps: E_SERVER_UNHEALTHY connect ECONNREFUSED 127.0.0.1:6081',
];

let one: ThrowAwayServer;
let home = '';
const ui: Ui = {
  say: () => undefined,
  saySecret: () => undefined,
  check: () => undefined,
  step: (_, work) => work({ detail: () => undefined, bytes: () => undefined }),
  confirm: () => Promise.resolve(true),
};

beforeAll(async () => {
  if (!ready) return;
  one = await throwAwayServer();
  ({ home } = one.world);
  await one.install(await one.world.makeRelease(308));
  await setConf(
    home,
    (text) =>
      `${text}MAIL_URL=smtp://postmaster:${encodeURIComponent(PASSWORD)}@mail.corp.example:25\n#PRIVATE_KEY_PASSWORD=${SHORT}\n`,
  );
  const log = join(home, 'var/log');
  await appendFile(join(log, 'sandstorm.log'), `${LOG.join('\n')}\nthe TLS key opens with ${SHORT}\n`);
  await writeFile(join(log, `${SHARED}-${ADDRESS}.log`), 'a name can tell as well\n');
  await writeFile(join(log, '.hidden\n..-evil'), 'x');
  // The server may write there: it must not lead us to what is not its own.
  await writeFile(join(one.world.root, 'elsewhere'), 'content of another file');
  await symlink(join(one.world.root, 'elsewhere'), join(log, 'link.log'));
  // More than any memory: a hole of 20 GB, and at its end what has just happened.
  await writeFile(join(log, 'huge.log'), `${SETUP}\n`);
  await truncate(join(log, 'huge.log'), 20 * 1024 ** 3);
  await appendFile(join(log, 'huge.log'), `\nthe end of it /setup/token/${SETUP}\n`);
  // Its first line in the bundle would be the half of a token.
  const half = `${BEARER}${'\nfiller'.repeat(Math.ceil(LOG_BYTES / 7))}`;
  await writeFile(join(log, 'half.log'), half.slice(0, LOG_BYTES + 12));
  await mkdir(join(log, 'folder'));
});
afterAll(() => (ready ? one.end() : undefined));

/** Every file that came out of it, by its name. */
async function unpacked(file: string): Promise<Map<string, Buffer>> {
  const to = `${file}.unpacked`;
  await mkdir(to);
  execFileSync('tar', ['-C', to, '-xzf', file]);
  const files = new Map<string, Buffer>();
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(to, below), { withFileTypes: true })) {
      const path = join(below, entry.name);
      if (entry.isDirectory()) await walk(path);
      else files.set(path, await readFile(join(to, path)));
    }
  };
  await walk('');
  return files;
}

/** As somebody reads it who wants to find one. */
function dresses(text: string): string[] {
  const joined = text.replaceAll(/\s+/g, '');
  const percent = joined.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  const base64 = (joined.match(/[A-Za-z0-9+/_-]{8,}={0,2}/g) ?? []).flatMap((run) =>
    [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString('latin1')),
  );
  const hex = (joined.match(/(?:[0-9a-f]{2}){6,}/gi) ?? []).map((run) =>
    Buffer.from(run, 'hex').toString('latin1'),
  );
  const unescaped = joined.replaceAll(/\\(.)/g, '$1');
  return [text, joined, percent, unescaped, ...base64, ...hex];
}

describe.skipIf(!ready)('a support bundle', { timeout: 120_000 }, () => {
  let file = '';
  let made: Manifest;
  let files: Map<string, Buffer>;
  beforeAll(async () => {
    if (!ready) return;
    file = join(one.world.root, 'sandstorm-support.tar.gz');
    ({ manifest: made } = await writeBundle(home, file, one.host, ui));
    files = await unpacked(file);
  });

  it('has nothing of what was planted, in no dress, in contents and names', () => {
    const found: string[] = [];
    for (const [name, bytes] of files) {
      const seen = [
        ...dresses(bytes.toString('utf8')),
        ...dresses(bytes.toString('latin1')),
        ...dresses(name),
      ];
      for (const secret of SECRETS) {
        if (seen.some((dress) => dress.includes(secret))) found.push(`${secret} in ${name}`);
      }
    }
    expect(found).toEqual([]);
  });

  it('the search above would have found each of them', () => {
    const planted = dresses([...LOG, SHORT].join('\n'));
    expect(SECRETS.filter((secret) => !planted.some((dress) => dress.includes(secret)))).toEqual([]);
  });

  it('still has what helps', () => {
    const text = (name: string): string => files.get(`sandstorm-support/${name}`)?.toString('utf8') ?? '';
    expect(text('server/log/sandstorm.log')).toContain(
      'E_SERVER_UNHEALTHY connect ECONNREFUSED 127.0.0.1:6081',
    );
    expect(text('server/sandstorm.conf')).toContain(`BASE_URL=${one.world.baseUrl}\n`);
    expect(JSON.parse(text('checks/status.json'))).toMatchObject({
      installed: true,
      build: 308,
      pending: null,
    });
    expect(JSON.parse(text('checks/preflight.json'))).toMatchObject({ phase: 'update' });
    expect(text('server/files.txt')).toMatch(/^symlink .* latest -> sandstorm-308$/m);
    expect([...files.keys()].some((name) => /tool\/runs\/.*-install\/journal\.ndjson$/.test(name))).toBe(
      true,
    );
  });

  it('says what is in it, with size and hash, and how often something was taken out', () => {
    expect(JSON.parse(files.get('sandstorm-support/MANIFEST.json')?.toString('utf8') ?? '')).toEqual(made);
    const names = [...files.keys()].filter((name) => !name.endsWith('/MANIFEST.json')).sort();
    expect(made.files.map(({ name }) => `sandstorm-support/${name}`).sort()).toEqual(names);
    for (const { name, size, sha256 } of made.files) {
      const bytes = files.get(`sandstorm-support/${name}`) ?? Buffer.alloc(0);
      expect({ name, size, sha256 }).toEqual({
        name,
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    }
    const log = made.files.find(({ name }) => name === 'server/log/sandstorm.log');
    for (const kind of ['known', 'key', 'link', 'session', 'header', 'field', 'mail'] as const) {
      expect({ kind, times: log?.redacted[kind] ?? 0 }).not.toEqual({ kind, times: 0 });
    }
  });

  it('takes the end of a huge log, in whole lines, and follows no link', () => {
    const huge = made.files.find(({ name }) => name === 'server/log/huge.log');
    expect(huge).toMatchObject({ cut: true });
    expect(files.get('sandstorm-support/server/log/huge.log')?.toString()).toBe(
      'the end of it /setup/token/[redacted link]\n',
    );
    expect(files.get('sandstorm-support/server/log/half.log')?.toString().slice(0, 13)).toBe(
      'filler\nfiller',
    );
    expect(made.missing.map(({ what }) => what)).toContain('server/log/link.log');
    expect([...files.values()].some((bytes) => bytes.includes('content of another file'))).toBe(false);
  });

  it('is for its owner alone, in one folder, in the order of names, and nothing is left beside it', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const listed = execFileSync('tar', ['-tvzf', file], { encoding: 'utf8' }).trim().split('\n');
    expect(
      listed.filter((line) => !/^[d-]rw[x-]------ root\/root .* sandstorm-support\//.test(line)),
    ).toEqual([]);
    const beside = (await readdir(one.world.root)).filter((name) => name.includes('support'));
    expect(beside.sort()).toEqual(['sandstorm-support.tar.gz', 'sandstorm-support.tar.gz.unpacked']);
  });

  it('is not written over another file, nor where it cannot be', async () => {
    for (const wrong of [file, join(one.world.root, 'x.zip'), join(one.world.root, 'nowhere/x.tar.gz')]) {
      await expect(writeBundle(home, wrong, one.host, ui)).rejects.toMatchObject({ code: 'E_BUNDLE_PLACE' });
    }
  });

  it('leaves nothing when the disk is full', async () => {
    const full: Host = {
      ...one.host,
      files: {
        ...one.host.files,
        openWrite: async (path, mode) => ({
          ...(await one.host.files.openWrite(path, mode)),
          write: () => Promise.reject(new Error('no space left')),
        }),
      },
    };
    await expect(writeBundle(home, join(one.world.root, 'full.tar.gz'), full, ui)).rejects.toThrow(
      'no space left',
    );
    expect((await readdir(one.world.root)).filter((name) => name.includes('full'))).toEqual([]);
  });

  it('is told of without being written, and names what cannot be read', async () => {
    const broken: Host = {
      ...one.host,
      files: {
        ...one.host.files,
        readOwnTail: (path, length) =>
          path.endsWith('sandstorm.log')
            ? Promise.reject(new Error(`cannot read it: password=${SHORT}x`))
            : one.host.files.readOwnTail(path, length),
      },
    };
    const manifest = await previewBundle(home, broken, ui);
    expect(manifest.missing).toContainEqual({
      what: 'server/log/sandstorm.log',
      why: 'cannot read it: password=[redacted known]x',
    });
    expect(manifest.files.length).toBeGreaterThan(10);
  });

  it('can be had where there is no server', async () => {
    const manifest = await previewBundle(join(one.world.root, 'no-server'), one.host, ui);
    expect(manifest.files.map(({ name }) => name)).toContain('checks/status.json');
  });
});
