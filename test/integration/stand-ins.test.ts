import { execFile, type ExecFileException } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/system/free-ports.js';
import { converse, type Answers, type Spoken } from '../helpers/dialogue.js';
import { requireReal } from '../helpers/real-parts.js';
import { makeRelease, standInInstaller, type Behaviour, type Fault } from '../stand-ins/release.js';

const ready = requireReal('stand-ins', ['script', 'tar', 'xz', 'openssl', 'perl', 'bash']);

let folder = '';
let home = '';
let machine = '';
let port = 0;
let mongoPort = 0;
let smtpPort = 0;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'stand-ins-')));
  home = join(folder, 'opt/sandstorm');
  machine = join(folder, 'machine');
  await mkdir(machine);
  [port = 0, mongoPort = 0, smtpPort = 0] = await freePorts(3);
});

afterEach(async () => {
  if (existsSync(join(home, 'sandstorm'))) await sandstorm('stop');
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { env: { PATH: process.env.PATH ?? '', ...env }, cwd: folder, timeout: 30_000 },
      (error: ExecFileException | null, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      },
    );
  });
}

const sandstorm = (...args: string[]): Promise<Ran> => run(join(home, 'sandstorm'), args);

const release = (build: number, behaviour: Behaviour = {}, mongo7 = false): Promise<string> =>
  makeRelease({ build, dir: folder, behaviour: { start_delay_ms: 50, ...behaviour }, mongo7 });

const broken = (fault: Fault, build = 309): Promise<string> =>
  makeRelease({ build, dir: folder, name: `${fault}.tar.xz`, fault, fillerBytes: 200_000 });

function installer(
  args: readonly string[],
  answers: Answers,
  env: Record<string, string> = {},
  extra: { stopAt?: string } = {},
): Promise<Spoken> {
  return converse([standInInstaller, ...args], answers, {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      REPORT: 'no',
      OVERRIDE_SANDSTORM_DEFAULT_DIR: home,
      STAND_IN_MACHINE_ROOT: machine,
      STAND_IN_INIT: 'systemd',
      SS_HOSTNAME: 'box.test',
      ...env,
    },
    ...extra,
  });
}

/** Development install, customised: the way to a production server with the channel off. */
const CUSTOM: Answers = {
  'How are you going to use': '2',
  'Press enter to accept defaults': 'no',
  'Expose to localhost only?': 'yes',
  'Automatically keep Sandstorm updated?': 'no',
  'Enable dev accounts?': 'no',
};

function ownPorts(): Record<string, string> {
  return { PORT: String(port), MONGO_PORT: String(mongoPort), SMTP_LISTEN_PORT: String(smtpPort) };
}

/** A server of build 308 on loopback, running. */
async function installed(behaviour: Behaviour = {}, env: Record<string, string> = {}): Promise<Spoken> {
  const tarball = await release(308, behaviour);
  return installer(
    [tarball],
    {
      ...CUSTOM,
      'URL users': `http://box.test:${String(port)}`,
      'Wildcard host': `*.box.test:${String(port)}`,
    },
    { ...ownPorts(), ...env },
  );
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly location: string | undefined;
}

function get(host: string, to = port, timeoutMs = 3000): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const asking = request(
      { host: '127.0.0.1', port: to, path: '/', headers: { host }, timeout: timeoutMs },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => (body += text));
        answer.on('end', () => {
          resolve({
            status: answer.statusCode ?? 0,
            type: answer.headers['content-type'] ?? '',
            body,
            location: answer.headers.location,
          });
        });
      },
    );
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}

const connects = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const base = (): string => `box.test:${String(port)}`;
const selfTest = (): string => `selftest-0123456789abcdef0123.box.test:${String(port)}`;

async function eventually(what: () => Promise<boolean> | boolean, withinMs = 8000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`not within ${String(withinMs)} ms: ${what.toString()}`);
    await sleep(30);
  }
}

const isRunning = async (): Promise<boolean> => (await sandstorm('status')).exitCode === 0;
const pid = async (): Promise<string> => /PID = (\d+)/.exec((await sandstorm('status')).stdout)?.[1] ?? '';
const healthy = (build: number) => async (): Promise<boolean> =>
  (await get(base()))?.body.includes(`build ${String(build)}`) === true;
const conf = (): string => readFileSync(join(home, 'sandstorm.conf'), 'utf8');
const data = async (): Promise<string[]> =>
  (await readdir(join(home, 'var/mongo'))).filter((name) => name.startsWith('data.'));
const setConf = (change: (text: string) => string): Promise<void> =>
  writeFile(join(home, 'sandstorm.conf'), change(conf()));

describe.skipIf(!ready)('install.sh', () => {
  it('asks the typical questions in order and says it is online', async () => {
    const seen = await installer([await release(308), '-p', String(port)].reverse(), {});
    expect(seen.exitCode).toBe(1);
    expect(seen.transcript).toContain('usage:');

    // Ports 80 and 443 may be taken on this machine: then there is one question more.
    const tarball = await release(308);
    const typical = await installer(
      ['-p', String(port), tarball],
      { 'sandcats.io subdomain': ['', 'none'] },
      { STAND_IN_MONGO_PORT: String(mongoPort), STAND_IN_SMTP_PORT: String(smtpPort) },
    );
    expect(typical.asked.filter((question) => !question.startsWith('OK to skip'))).toEqual([
      'How are you going to use this Sandstorm install? [1]',
      'OK to continue? [yes]',
      'What *.sandcats.io subdomain would you like? []',
      'What *.sandcats.io subdomain would you like? []',
      `URL users will enter in browser: [http://box.test:${String(port)}]`,
      `Wildcard host: [*.box.test:${String(port)}]`,
    ]);
    expect(typical.transcript).toContain('Your server is now online!');
    expect(typical.transcript).toMatch(/http:\/\/box\.test:\d+\/setup\/token\/[0-9a-f]{40}\n/);
    expect(typical.exitCode).toBe(0);
    expect(conf()).toMatch(/^UPDATE_CHANNEL=dev$/m);
    expect(conf()).toMatch(/^BIND_IP=0\.0\.0\.0$/m);
    await eventually(healthy(308));
  });

  it('asks the development questions when customised, and honours the environment there', async () => {
    const seen = await installer([await release(308)], {
      ...CUSTOM,
      'Expose to localhost only?': 'no',
      'Where would you like': home,
      'inbound SMTP?': ['much', String(smtpPort)],
      'Local user account': ['root', 'sandstorm'],
      'Server main HTTP port': ['80', String(port)],
      'Database port': String(mongoPort),
      'URL users': 'box.test',
      'Wildcard host': ['box.test', '*.*.box.test', 'ss-*.box.test'],
    });
    expect(seen.asked).toEqual([
      'How are you going to use this Sandstorm install? [1]',
      "Press enter to accept defaults. Type 'no' to customize. [yes]",
      'Expose to localhost only? [yes]',
      `Where would you like to put Sandstorm? [${home}]`,
      ...Array<string>(2).fill(
        'Sandstorm grains can receive email. What port should Sandstorm listen on, for inbound SMTP? [30025]',
      ),
      ...Array<string>(2).fill('Local user account to run server under: [sandstorm]'),
      'Automatically keep Sandstorm updated? [yes]',
      ...Array<string>(2).fill('Server main HTTP port: [6080]'),
      `Database port (choose any unused port): [${String(port + 1)}]`,
      `URL users will enter in browser: [http://box.test:${String(port)}]`,
      'Is this OK? [yes]',
      ...Array<string>(3).fill('Wildcard host: [*.box.test]'),
      'Start sandstorm at system boot (using systemd)? [yes]',
    ]);
    expect(seen.transcript).toContain("You entered 'much'. Please enter a number.");
    expect(seen.transcript).toContain('Sandstorm cannot run as root!');
    expect(seen.transcript).toContain('Ports below 1024 require root privileges');
    expect(seen.transcript).toContain('** You entered box.test, which needs http:// at the front.');
    expect(seen.transcript).toContain('Invalid wildcard host. It must contain exactly one asterisk.');
    expect(seen.exitCode).toBe(0);
    expect(conf()).toBe(
      [
        'SERVER_USER=sandstorm',
        `PORT=${String(port)}`,
        `MONGO_PORT=${String(mongoPort)}`,
        'BIND_IP=0.0.0.0',
        'BASE_URL=http://box.test',
        'WILDCARD_HOST=ss-*.box.test',
        'UPDATE_CHANNEL=none',
        'ALLOW_DEV_ACCOUNTS=false',
        `SMTP_LISTEN_PORT=${String(smtpPort)}`,
        '',
      ].join('\n'),
    );
    expect(readFileSync(join(machine, 'etc/systemd/system/sandstorm.service'), 'utf8')).toContain(
      `Type=forking\nExecStart=${home}/sandstorm start\nExecStop=${home}/sandstorm stop\n`,
    );
    expect(readlinkSync(join(machine, 'usr/local/bin/sandstorm'))).toBe(`${home}/sandstorm`);
  });

  it('skips what the environment answers, ignores what the real one ignores', async () => {
    const seen = await installer(
      ['-p', String(port), await release(308)],
      { 'OK to skip': 'yes' },
      {
        CHOSEN_INSTALL_MODE: 'production',
        ACCEPTED_FULL_SERVER_INSTALL: 'yes',
        DESIRED_SANDCATS_NAME: 'none',
        DEFAULT_WILDCARD: '*.wild.test',
        ADMIN_TOKEN: 'abc123',
        UPDATE_CHANNEL: 'none',
        PORT: '1',
        MONGO_PORT: '2',
        BASE_URL: 'http://ignored.test',
        WILDCARD_HOST: '*.ignored.test',
        BIND_IP: '127.0.0.1',
      },
    );
    expect(seen.asked.filter((question) => !question.startsWith('OK to skip'))).toEqual([
      `URL users will enter in browser: [http://box.test:${String(port)}]`,
      'Wildcard host: [*.wild.test]',
    ]);
    expect(seen.transcript).toContain(`http://box.test:${String(port)}/setup/token/abc123`);
    expect(conf()).toMatch(/^UPDATE_CHANNEL=dev$/m);
    expect(conf()).toMatch(/^MONGO_PORT=6081$/m);
    expect(readFileSync(join(home, 'var/sandstorm/adminToken'), 'utf8')).toBe('abc123');
  });

  it('speaks of the other domain when told to', async () => {
    const seen = await installer(
      [await release(308)],
      { 'How are': '2' },
      { STAND_IN_SPELLING: 'org' },
      { stopAt: 'Press enter' },
    );
    expect(seen.transcript).toContain('local.sandstorm.org');
  });

  it('insists on a terminal', async () => {
    const ran = await run('bash', [standInInstaller, await release(308)], { STAND_IN_MACHINE_ROOT: machine });
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('This script is interactive. Please run it on a terminal.');
  });

  it.each<Fault>(['wrong-top', 'garbage'])('refuses a %s bundle with nothing created', async (fault) => {
    const seen = await installer([await broken(fault)], {});
    expect(seen).toMatchObject({ exitCode: 1, asked: [] });
    expect(seen.transcript).toContain('*** INSTALLATION FAILED ***');
    expect(seen.transcript.replaceAll('\n', '')).toContain('Not a valid Sandstorm bundle');
    expect(existsSync(home)).toBe(false);
  });

  it('refuses gzip and a missing file', async () => {
    const gzip = await makeRelease({ build: 308, dir: folder, compression: 'gzip' });
    for (const file of [gzip, join(folder, 'nothing.tar.xz')]) {
      const seen = await installer([file], {});
      expect(seen.exitCode).toBe(1);
      expect(seen.transcript.replaceAll('\n', '')).toContain('Not a valid Sandstorm bundle');
    }
  });

  it.each<Fault>(['truncated', 'bit-flipped'])(
    'asks everything before it finds a bundle %s, and leaves a mess that stops the next run',
    async (fault) => {
      const tarball = await broken(fault);
      const seen = await installer([tarball], CUSTOM, ownPorts());
      expect(seen.exitCode).toBe(2);
      expect(seen.transcript).not.toContain('INSTALLATION FAILED');
      expect(existsSync(join(home, 'sandstorm.conf'))).toBe(true);
      expect(existsSync(join(home, 'sandstorm-309'))).toBe(true);
      expect(existsSync(join(home, 'latest'))).toBe(false);

      const again = await installer([tarball], CUSTOM, ownPorts());
      expect(again.exitCode).toBe(1);
      expect(again.transcript.replaceAll('\n', '')).toContain(`This script is trying to install to ${home}.`);
    },
  );

  it.each<Fault>(['dot-slash-names', 'no-binary'])(
    'dies of a bundle with %s when it needs the command',
    async (fault) => {
      const seen = await installer([await broken(fault)], CUSTOM, ownPorts());
      expect(seen.exitCode).toBe(127);
      expect(seen.transcript).toContain('./sandstorm: No such file or directory');
    },
  );

  it('leaves `var` behind when stopped at the sandcats question', async () => {
    await installer([await release(308)], {}, {}, { stopAt: 'sandcats.io subdomain' });
    expect(await readdir(home)).toEqual(['var']);
  });

  it('asks to send a report unless told not to', async () => {
    const seen = await installer(
      [await broken('garbage')],
      { 'Hmm, installation failed': 'no' },
      { REPORT: 'yes' },
    );
    expect(seen.asked).toHaveLength(1);
    expect(seen.transcript).toContain('Not sending report.');
  });

  it('asks for ever when there is nobody to answer', async () => {
    const tarball = await broken('garbage');
    const asked = execFile('bash', [standInInstaller, '-d', tarball], {
      timeout: 1500,
      killSignal: 'SIGKILL',
    });
    const signal = await new Promise((resolve) => asked.once('exit', (_, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
  });

  it('says online and exits 0 while another program holds the port', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((done) => other.once('listening', done));
    try {
      const seen = await installed();
      expect(seen.exitCode).toBe(0);
      expect(seen.transcript).toContain('Your server is now online!');
      await eventually(async () => !(await isRunning()));
    } finally {
      other.close();
    }
  });
});

describe.skipIf(!ready)('sandstorm', () => {
  it('has the words and exit codes of start, status, stop and restart', async () => {
    expect((await installed()).exitCode).toBe(0);
    const first = await pid();
    expect(await sandstorm('start')).toMatchObject({
      exitCode: 0,
      stdout: `Sandstorm is already running.  PID = ${first}\n\n`,
    });
    expect(await sandstorm('restart')).toMatchObject({ exitCode: 0, stdout: 'Restart request sent.\n' });
    await eventually(healthy(308));
    expect(await pid()).toBe(first);
    expect(readlinkSync(`/proc/${first}/cwd`)).toBe(join(home, 'sandstorm-308'));
    expect(await sandstorm('stop')).toMatchObject({ exitCode: 0, stdout: 'Sandstorm server stopped.\n' });
    expect(await sandstorm('stop')).toMatchObject({ exitCode: 0, stdout: 'Sandstorm is not running.\n' });
    expect(await sandstorm('status')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'Sandstorm is not running.\n',
    });
    expect(await sandstorm('restart')).toMatchObject({ exitCode: 1, stderr: 'Sandstorm is not running.\n' });
    expect((await sandstorm('start')).stdout).toMatch(/^Sandstorm started\. PID = \d+\n$/);
    await eventually(healthy(308));
  });

  it('answers the self-test, the base URL and nobody else', async () => {
    await installed();
    expect(await get(selfTest())).toMatchObject({ status: 200, type: 'text/plain', body: 'Self-test OK.' });
    expect(await get(base())).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(await get(`other.test:${String(port)}`)).toMatchObject({ status: 404 });
    // The port is part of the name.
    expect(await get('selftest-0123456789abcdef0123.box.test')).toMatchObject({ status: 404 });
  });

  it('finds its folder through links and has its port open before it is well', async () => {
    await installed();
    await sandstorm('stop');
    await symlink(join(home, 'sandstorm'), join(folder, 'elsewhere'));
    await run(join(folder, 'elsewhere'), ['start'], { STAND_IN_START_DELAY_MS: '700' });
    const began = Date.now();
    await eventually(connects);
    expect(Date.now() - began).toBeLessThan(500);
    expect(await get(base())).toMatchObject({ status: 200 });
    expect(Date.now() - began).toBeGreaterThan(500);
  });

  it('updates: same pid, lower builds gone, data migrated, exit 0 at once', async () => {
    await installed();
    const before = await pid();
    const newer = await release(309);
    expect(await sandstorm('update', newer)).toMatchObject({
      exitCode: 0,
      stdout: 'Update complete; restarting Sandstorm.\n',
    });
    await eventually(healthy(309));
    expect(await pid()).toBe(before);
    expect((await readdir(home)).sort()).toEqual([
      'latest',
      'sandstorm',
      'sandstorm-309',
      'sandstorm.conf',
      'tmp',
      'var',
    ]);
    expect(await data()).toEqual(['data.309']);

    // Back, without a word; but the data stays newer and the front end will have none of it.
    expect((await sandstorm('update', await release(308))).exitCode).toBe(0);
    await eventually(async () => (await get(base()))?.status === 500);
    expect((await get(base()))?.body).toContain('database is from a newer version');
    expect(await get(selfTest())).toMatchObject({ status: 200 });
  });

  it('updates a stopped server with another word', async () => {
    await installed();
    await sandstorm('stop');
    expect(await sandstorm('update', await release(309))).toMatchObject({
      exitCode: 0,
      stdout: 'Update complete.\n',
    });
    expect(existsSync(join(home, 'sandstorm-308'))).toBe(true);
  });

  it('refuses to update while a channel is set', async () => {
    await installed();
    await setConf((text) => text.replace('UPDATE_CHANNEL=none', 'UPDATE_CHANNEL=dev'));
    const ran = await sandstorm('update', await release(309));
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('You currently have auto-updates enabled.');
    expect(readlinkSync(join(home, 'latest'))).toBe('sandstorm-308');
  });

  it('leaves latest alone when a tarball is bad', async () => {
    await installed();
    const cases: [string, string][] = [
      [await makeRelease({ build: 309, dir: folder, compression: 'gzip' }), 'tar failed'],
      [await broken('garbage'), 'tar failed'],
      [await broken('truncated'), 'tar failed'],
      [await broken('bit-flipped'), 'tar failed'],
      [await broken('wrong-top'), 'Expected tar file to contain sandstorm-$BUILD.'],
      [await broken('two-tops'), 'Expected tar file to contain only one item.'],
      [join(folder, 'nothing.tar.xz'), 'file not found'],
    ];
    for (const [file, words] of cases) {
      const ran = await sandstorm('update', file);
      expect(ran.exitCode).toBe(1);
      expect(ran.stderr).toContain(words);
    }
    expect(readlinkSync(join(home, 'latest'))).toBe('sandstorm-308');
    expect((await readdir(home)).filter((name) => name.startsWith('downloading'))).toEqual([]);
    await eventually(healthy(308));
  });

  it('keeps a half folder that is already there, says complete, and is dead', async () => {
    await installed();
    await mkdir(join(home, 'sandstorm-309'));
    expect(await sandstorm('update', await release(309))).toMatchObject({ exitCode: 0 });
    await eventually(async () => (await get(base(), port, 300)) === undefined);
    expect(existsSync(join(home, 'sandstorm'))).toBe(false);
    await rm(join(home, 'sandstorm-309'), { recursive: true });
  });

  it('leaves its downloading folder for ever when killed in the middle', async () => {
    await installed({ unpack_pause_ms: 10_000 });
    const child = execFile(join(home, 'sandstorm'), ['update', await release(309)]);
    const left = async (): Promise<string[]> =>
      (await readdir(home)).filter((name) => name.startsWith('downloading.'));
    await eventually(async () => {
      const [name] = await left();
      return name !== undefined && existsSync(join(home, name, 'sandstorm-309/sandstorm'));
    });
    child.kill('SIGKILL');
    expect(await left()).toHaveLength(1);
    expect(readlinkSync(join(home, 'latest'))).toBe('sandstorm-308');
  });

  it('restart says sent and the server dies of a bad line; the others say why', async () => {
    await installed();
    const good = conf();
    await setConf((text) => `${text}NONSENSE\n`);
    for (const args of [['start'], ['update', await release(309)], ['admin-token']]) {
      const ran = await sandstorm(...args);
      expect(ran.exitCode).toBe(1);
      expect(ran.stderr).toContain('Invalid config line');
    }
    expect(await isRunning()).toBe(true);
    expect(await sandstorm('restart')).toMatchObject({ exitCode: 0, stdout: 'Restart request sent.\n' });
    await eventually(async () => !(await isRunning()));
    expect(readFileSync(join(home, 'var/log/sandstorm.log'), 'utf8')).toContain('Invalid config line');
    await setConf(() => good);
  });

  it('reads sandstorm.conf as the server does', async () => {
    await installed();
    await setConf(
      (text) =>
        `  # a remark\r\n\n${text.replace('BIND_IP=', 'BIND_IP = ').replaceAll('\n', '\r\n')}UPDATE_CHANNEL=no#ne`,
    );
    await sandstorm('restart');
    await eventually(healthy(308));
    const ran = await sandstorm('update');
    expect(ran.stderr).toContain('Checking for updates on channel no...');
  });

  it('is content with a wildcard host without a star while the gateway never comes up', async () => {
    await installed();
    await setConf((text) => text.replace('WILDCARD_HOST=*.', 'WILDCARD_HOST='));
    await sandstorm('restart');
    await eventually(() =>
      readFileSync(join(home, 'var/log/sandstorm.log'), 'utf8').includes('Gateway died'),
    );
    expect(await isRunning()).toBe(true);
    expect(await get(base(), port, 500)).toBeUndefined();
  });

  it('takes everything with it when killed hard', async () => {
    await installed();
    await eventually(healthy(308));
    process.kill(Number(await pid()), 'SIGKILL');
    await eventually(async () => (await get(base(), port, 300)) === undefined);
    expect(await isRunning()).toBe(false);
    expect((await sandstorm('start')).exitCode).toBe(0);
    await eventually(healthy(308));
  });

  it('makes a setup token only the server may read', async () => {
    await installed();
    const ran = await sandstorm('admin-token', '--quiet');
    expect(ran.stdout).toMatch(/^[0-9a-f]{40}\n$/);
    expect(readFileSync(join(home, 'var/sandstorm/adminToken'), 'utf8')).toBe(ran.stdout.trim());
    expect((await sandstorm('admin-token')).stdout).toContain(`http://${base()}/setup/token/`);
  });

  it.each<[string, Behaviour, () => Promise<void>]>([
    ['dies at start', { dies: 'at-start' }, () => eventually(async () => !(await isRunning()))],
    ['dies once ready', { dies: 'after-ready' }, () => eventually(async () => !(await isRunning()))],
    ['has no database', { mongo_fails: 'yes' }, () => eventually(async () => !(await isRunning()))],
    [
      'never answers',
      { never_answers: 'yes' },
      async () => {
        expect(await get(base(), port, 700)).toBeUndefined();
        expect(await isRunning()).toBe(true);
      },
    ],
    [
      'is somebody else',
      { wrong_selftest: 'yes' },
      async () => expect(await get(selfTest())).toMatchObject({ status: 200, body: 'It works!' }),
    ],
    [
      'is half well',
      { base_status: 502 },
      async () => expect(await get(base())).toMatchObject({ status: 502 }),
    ],
  ])('a release that %s', async (_, behaviour, seen) => {
    await installed();
    await sandstorm('update', await release(309, behaviour));
    await eventually(() => !existsSync(join(home, 'sandstorm-308')));
    await seen();
  });

  it('needs the migration before a release with MongoDB 7 runs, and can go back', async () => {
    await installed();
    await sandstorm('stop');
    await sandstorm('update', await release(309, {}, true));
    await sandstorm('start');
    await eventually(() =>
      readFileSync(join(home, 'var/log/sandstorm.log'), 'utf8').includes('MongoDB 7 is required'),
    );
    await eventually(async () => !(await isRunning()));

    const migrated = await sandstorm('migrate-mongo');
    expect(migrated).toMatchObject({ exitCode: 0 });
    expect(migrated.stdout).toContain('Migration complete!');
    expect(readFileSync(join(home, 'var/mongo/version'), 'utf8')).toBe('7');
    expect((await sandstorm('migrate-mongo')).stderr).toContain('MongoDB is already at version 7.');
    await sandstorm('start');
    await eventually(healthy(309));
    expect((await sandstorm('rollback-mongo')).stderr).toContain('Sandstorm is still running.');
    await sandstorm('stop');
    expect(await sandstorm('rollback-mongo')).toMatchObject({ exitCode: 0 });
    expect(await data()).toEqual(['data.308']);
  });

  it('uninstalls, leaving data and configuration unless told', async () => {
    await installed();
    expect((await sandstorm('uninstall')).stdout).toBe('Sandstorm has been uninstalled.\n');
    expect((await readdir(home)).sort()).toEqual(['sandstorm.conf', 'var']);
    expect(await readdir(join(machine, 'usr/local/bin'))).toEqual([]);
    const again = await installer([await release(308)], CUSTOM, ownPorts());
    expect(again.exitCode).toBe(1);
  });
});
