import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typeKey } from '../../src/release/signature/keys.js';
import { addTrust } from '../../src/release/signature/trust.js';
import { checkAnswer } from '../helpers/answers.js';
import { quietHost } from '../helpers/archives.js';
import { requireReal } from '../helpers/real-parts.js';
import { PROOF_FLAGS, releaseUnderTest, type ReleaseUnderTest } from '../helpers/release-under-test.js';

/* The built command rehearses, and afterwards the machine is as before, however it ended. */

const isRoot = process.getuid?.() === 0;
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const canPlay = requireReal('the plain rehearsal', ['bash', 'script', 'perl', 'tar', 'xz']);
const canDropRights = isRoot && requireReal('a rehearsal as nobody', ['setpriv']);
const canSeparate =
  isRoot && requireReal('a rehearsal in namespaces', ['unshare', 'mount', 'pivot_root', 'ip', 'setpriv']);

let folder = '';
let parts: ReleaseUnderTest;
const repository = new URL('../..', import.meta.url).pathname;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rehearse-'));
  // The working copy may lie where nobody may look.
  await chmod(folder, 0o755);
  for (const part of ['bin', 'dist', 'package.json']) {
    await cp(join(repository, part), join(folder, 'tool', part), { recursive: true });
  }
  await mkdir(join(folder, 'stick'));
  parts = await releaseUnderTest(join(folder, 'stick'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder for the command's temporary files that nothing else uses. */
async function privateTmp(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await chmod(path, 0o1777);
  return path;
}

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Wish {
  readonly tmp: string;
  readonly before?: readonly string[];
  /** Sent as soon as stdout has this text. */
  readonly interruptAt?: { readonly text: string; readonly signal: NodeJS.Signals };
}

function rehearse(args: readonly string[], { tmp, before = [], interruptAt }: Wish): Promise<Ran> {
  const command = [...before, process.execPath, join(folder, 'tool/bin/sandstorm-airgap.js'), 'rehearse'];
  const [program = '', ...rest] = [...command, ...args];
  const child = spawn(program, rest, {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: tmp, TMPDIR: tmp, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  let sent = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (interruptAt !== undefined && !sent && stdout.includes(interruptAt.text)) {
      sent = true;
      child.kill(interruptAt.signal);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise<Ran>((resolve) =>
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr })),
  ).then((ran) => {
    checkAnswer(command.concat(args), ran.stdout);
    return ran;
  });
}

/** Living processes that work below the folder, or live in a view whose layers are there. */
async function processesOf(path: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string): Promise<string> =>
        readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
      if (/\) [ZX] /.test(await read('stat'))) return [];
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      const inView = (await read('mountinfo')).includes(path);
      return cwd.startsWith(path) || inView ? [`${pid} ${await read('comm')}`] : [];
    }),
  );
  return found.flat();
}

async function expectNothingLeft(tmp: string): Promise<void> {
  expect(await readdir(tmp)).toEqual([]);
  expect(await processesOf(tmp)).toEqual([]);
}

interface Answer {
  readonly ok: boolean;
  readonly changed: boolean;
  readonly error: { readonly code: string } | null;
  readonly result: {
    readonly asExpected: boolean;
    readonly scenes: readonly {
      readonly scene: string;
      readonly command: string;
      readonly said: string;
      readonly asExpected: boolean;
    }[];
  };
}

describe.skipIf(!canPlay)('without files', { timeout: 120_000 }, () => {
  it.concurrent('shows the checks once, teaches the commands, ends with a report', async ({ expect }) => {
    const tmp = await privateTmp('plain');
    const { exitCode, stdout, stderr } = await rehearse([], { tmp });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout.match(/✔ os\.kernel/g)).toHaveLength(1);
    expect(stdout).toMatch(/✔ Checked {14}1\d passed/);
    expect(stdout).toContain('$ sandstorm-airgap install sandstorm-308.tar.xz --install-script install.sh');
    expect(stdout).toContain('$ sandstorm-airgap update sandstorm-309.tar.xz');
    expect(stdout).toMatch(/Report\n\n( {4}✔ .*\n){7}\n {2}All as it should be, in \d+ s\./);
    await expectNothingLeft(tmp);
  });

  it.skipIf(!canDropRights).concurrent('works as nobody, with one object for --json', async ({ expect }) => {
    const tmp = await privateTmp('nobody');
    const { exitCode, stdout } = await rehearse(['--json'], { tmp, before: asNobody });
    const answer = JSON.parse(stdout) as Answer;
    expect(exitCode).toBe(0);
    expect(answer).toMatchObject({ ok: true, changed: false, error: null, result: { asExpected: true } });
    expect(answer.result.scenes).toHaveLength(7);
    expect(answer.result.scenes[3]?.said).toContain('E_TARBALL_CORRUPT; build 309, running, healthy');
    await expectNothingLeft(tmp);
  });

  it('shows its steps on a terminal that has no width, as a serial console', async () => {
    const tmp = await privateTmp('console');
    const command = 'stty cols 0 rows 0; exec "$NODE" "$TOOL" rehearse';
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      env: {
        ...{ PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: tmp, TMPDIR: tmp, SHELL: '/bin/sh' },
        ...{ NODE: process.execPath, TOOL: join(folder, 'tool/bin/sandstorm-airgap.js'), TERM: 'vt100' },
      },
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // Ctrl-C, as typed.
      const typed = stdout.includes('Installed ');
      stdout += text;
      if (!typed && stdout.includes('Installed ')) child.stdin.write('\u0003');
    });
    const exitCode = await new Promise((resolve) => child.once('exit', resolve));
    expect(stdout).toContain('Verified');
    expect(exitCode).toBe(1);
    await expectNothingLeft(tmp);
  });

  it.for([
    ['SIGTERM', 'preflight', 'os.kernel'],
    ['SIGINT', 'an update', '✔ Updated'],
    ['SIGHUP', 'a server that never answers', '── update to a build that never answers'],
  ] as const)('%s during %s leaves nothing', async ([signal, name, text]) => {
    const tmp = await privateTmp(`${signal}-${name.replaceAll(' ', '-')}`);
    const { exitCode, stdout, stderr } = await rehearse([], { tmp, interruptAt: { text, signal } });
    expect(stdout).not.toContain('Report');
    expect(stderr).toContain('Stopped. Nothing of the rehearsal is left on this machine.');
    expect(exitCode).toBe(1);
    await expectNothingLeft(tmp);
  });

  it('sweeps up after one that was killed', async () => {
    const tmp = await privateTmp('killed');
    const text = '── install it once more';
    await rehearse([], { tmp, interruptAt: { text, signal: 'SIGKILL' } });
    expect(await readdir(tmp)).toHaveLength(1);
    expect(await processesOf(tmp)).not.toEqual([]);
    await rehearse([], { tmp, interruptAt: { text: '✔ Verified', signal: 'SIGTERM' } });
    await expectNothingLeft(tmp);
  });
});

/** What a server's installation would change on this machine. */
async function machine(): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const file of ['/etc/passwd', '/etc/group', '/etc/resolv.conf', '/etc/hosts']) {
    seen[file] = await readFile(file, 'utf8').catch(() => 'none');
  }
  for (const dir of [
    '/usr/local/bin',
    '/etc/init.d',
    '/etc/rc2.d',
    '/etc/systemd/system',
    '/opt',
    '/var/lib',
  ]) {
    seen[dir] = (await readdir(dir).catch(() => ['none'])).join(' ');
  }
  return seen;
}

/** /var/tmp is this folder for the command and all it starts. */
const withVarTmp = (tmp: string): string[] => [
  ...['unshare', '--mount', '--propagation', 'private', '--'],
  ...['sh', '-c', 'mount --bind "$0" /var/tmp && exec "$@"', tmp],
];

describe.skipIf(!canSeparate)('with files, on a view of this machine', { timeout: 180_000 }, () => {
  const trustKey = (): string[] => [
    '--trust-key',
    typeKey(parts.signingKey.name),
    '--trust-reason',
    'signs the stand-ins',
  ];
  const files = (): string[] => [
    ...[parts.tarball, parts.newerTarball, '--install-script', parts.installScript],
    ...['--stable-for', '1', '--base-url', 'http://sandstorm.box.test:6080'],
    ...PROOF_FLAGS,
  ];

  it('installs and updates, and changes nothing', async () => {
    const tmp = await privateTmp('view');
    const before = await machine();
    const args = [...files(), ...trustKey(), '--json'];
    const { exitCode, stdout } = await rehearse(args, { tmp, before: withVarTmp(tmp) });
    const answer = JSON.parse(stdout) as Answer;
    expect(answer).toMatchObject({ ok: true, changed: false, result: { asExpected: true } });
    expect(answer.result.scenes[0]?.command).toContain(trustKey().slice(0, 2).join(' '));
    expect(answer.result.scenes.map(({ said }) => said)).toEqual([
      expect.stringMatching(/^build \d+, running, healthy, service: /),
      'nothing to do, nothing changed',
      expect.stringMatching(/^build \d+, running, healthy, pause /),
    ]);
    expect(exitCode).toBe(0);
    expect(await machine()).toEqual(before);
    await expectNothingLeft(tmp);
  });

  it('takes files from a filesystem that is hidden in the view', async () => {
    const tmp = await privateTmp('stick-view');
    const stick = [
      ...['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c'],
      'mount --bind "$0" /var/tmp && mount -t tmpfs tmpfs /run && cp "$1" /run/sandstorm.tar.xz && shift && exec "$@"',
      ...[tmp, parts.tarball],
    ];
    const args = [
      '/run/sandstorm.tar.xz',
      '--install-script',
      parts.installScript,
      '--stable-for',
      '1',
      '--allow-unsigned',
    ];
    const { exitCode, stdout } = await rehearse(args, { tmp, before: stick });
    expect(stdout).toMatch(/✔ install sandstorm\.tar\.xz +build \d+, running, healthy/);
    expect(exitCode).toBe(0);
    await expectNothingLeft(tmp);
  });

  it.for(['SIGTERM', 'SIGKILL'] as const)('%s in the middle leaves no process', async (signal) => {
    const tmp = await privateTmp(`view-${signal}`);
    const before = await machine();
    const interruptAt = { text: '✔ Configured', signal };
    // What is trusted on the machine counts in its view.
    const stateDir = join(folder, `state-${signal}`);
    const mine = quietHost();
    await addTrust(parts.signingKey.name, 'test', { ...mine, layout: { ...mine.layout, stateDir } });
    const trusted = ['env', `SANDSTORM_AIRGAP_STATE_DIR=${stateDir}`];
    const { stderr } = await rehearse(files(), {
      tmp,
      before: [...withVarTmp(tmp), ...trusted],
      interruptAt,
    });
    expect(await machine()).toEqual(before);
    if (signal === 'SIGTERM') {
      expect(stderr).toContain('Stopped. Nothing of the rehearsal is left on this machine.');
      await expectNothingLeft(tmp);
    } else {
      // Nobody could clean up, but all of it died with its starter.
      for (let wait = 0; wait < 50 && (await processesOf(tmp)).length > 0; wait += 1) await sleep(100);
      expect(await processesOf(tmp)).toEqual([]);
    }
  });

  it('says what is missing where namespaces are not allowed', async () => {
    const tmp = await privateTmp('no-rights');
    const before = ['setpriv', '--bounding-set=-sys_admin'];
    const { exitCode, stdout } = await rehearse([...files(), '--json'], { tmp, before });
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'E_REHEARSAL' } });
    expect(stdout).toContain('CAP_SYS_ADMIN');
    expect(exitCode).toBe(1);
    await expectNothingLeft(tmp);
  });

  it('never takes the inner half outside', async () => {
    const tmp = await privateTmp('inner');
    const job = join(folder, 'job.json');
    const namespaces: Record<string, string> = {};
    for (const kind of ['mnt', 'pid', 'net']) namespaces[kind] = await readlink(`/proc/self/ns/${kind}`);
    const steps = [{ do: 'write', path: join(tmp, 'changed'), text: '' }];
    await writeFile(job, JSON.stringify({ steps, namespaces, exchange: tmp, play: {} }));
    const before = ['env', `SANDSTORM_AIRGAP_REHEARSAL_JOB=${job}`];
    const { exitCode, stderr } = await rehearse([], { tmp, before });
    expect(stderr).toContain('only runs in namespaces of its own');
    expect(exitCode).toBe(1);
    await expectNothingLeft(tmp);
  });
});
