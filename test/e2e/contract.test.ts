import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CONTAINER_TIMEOUT,
  requireContainers,
  startContainer,
  type Container,
} from '../helpers/container.js';
import { releaseUnderTest, type ReleaseUnderTest } from '../helpers/release-under-test.js';

/*
 * What Sandstorm itself does on a real machine, the ground all journeys stand on. Runs against the
 * stand-ins, or against the genuine parts when the environment names them.
 */

const ready = requireContainers('the contract under a real init');
const HOME = '/opt/sandstorm';
const PORT = 6080;

let folder = '';
let parts: ReleaseUnderTest;
let box: Container;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contract-'));
  if (ready) parts = await releaseUnderTest(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inBox = (init: 'systemd' | 'sysvinit' | 'none'): void => {
  beforeEach(async () => {
    box = await startContainer({ init });
    await box.put(parts.installScript, '/root/install.sh');
    await box.put(parts.tarball, '/root/sandstorm.tar.xz');
    await box.put(parts.newerTarball, '/root/newer.tar.xz');
    await box.startDns({ 'sandstorm.test': '127.0.0.1', '*.sandstorm.test': '127.0.0.1' });
  }, CONTAINER_TIMEOUT);
  afterEach(() => box.stop());
};

/** install.sh in a real terminal; its questions are few here, and come in a known order. */
async function install(answers: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const ran = await box.run(
    ['script', '-qefc', 'bash /root/install.sh /root/sandstorm.tar.xz', '/dev/null'],
    {
      env: {
        REPORT: 'no',
        CHOSEN_INSTALL_MODE: 'production',
        ACCEPTED_FULL_SERVER_INSTALL: 'yes',
        DESIRED_SANDCATS_NAME: 'none',
        SHELL: '/bin/sh',
        ...env,
      },
      input: answers.map((answer) => `${answer}\n`).join(''),
      timeoutMs: 120_000,
    },
  );
  return `${ran.stdout}\nexit ${String(ran.exitCode)}`;
}

const ADDRESSES = [`http://sandstorm.test:${String(PORT)}`, `*.sandstorm.test:${String(PORT)}`];
const setChannelOff = (): Promise<string> =>
  box.sh(`sed -i s/^UPDATE_CHANNEL=.*/UPDATE_CHANNEL=none/ ${HOME}/sandstorm.conf`);
const isRunning = async (): Promise<boolean> =>
  (await box.run([`${HOME}/sandstorm`, 'status'])).exitCode === 0;
const latest = (): Promise<string> => box.sh(`readlink ${HOME}/latest`);
const unit = async (): Promise<string> =>
  (await box.run(['systemctl', 'is-active', 'sandstorm'])).stdout.trim();

/** The self-test through the container's own DNS. */
async function selfTest(): Promise<string> {
  const url = `http://selftest-0123456789abcdef0123.sandstorm.test:${String(PORT)}/`;
  const script = `fetch(${JSON.stringify(url)}, { signal: AbortSignal.timeout(2000) }).then((a) => a.text()).then(console.log)`;
  return (await box.run(['node', '-e', script])).stdout.trim();
}

async function eventually(what: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`not within ${String(withinMs)} ms: ${what.toString()}`);
    await sleep(100);
  }
}

const isWell = async (): Promise<boolean> => (await selfTest()) === 'Self-test OK.';

describe.skipIf(!ready)('under systemd', { timeout: 180_000 }, () => {
  inBox('systemd');

  it('installs a unit that is active and enabled, and a server that answers', async () => {
    expect(await install(ADDRESSES)).toMatch(/Your server is now online!.*\nexit 0$/s);
    expect(await unit()).toBe('active');
    expect(await box.sh('systemctl is-enabled sandstorm')).toBe('enabled');
    await eventually(isWell);
    expect(await box.sh(`stat -c '%U %G %a' ${HOME}/var/mongo`)).toBe('root sandstorm 770');
    expect(await box.sh('ps -o user= -C sandstorm/mongo,sandstorm/gtway | sort -u || true')).not.toContain(
      'root',
    );
  });

  it('update keeps the unit and its pid, and deletes the build before', async () => {
    await install(ADDRESSES);
    await setChannelOff();
    const status = await box.sh('sandstorm status');
    const before = await latest();
    expect(await box.sh('sandstorm update /root/newer.tar.xz')).toContain(
      'Update complete; restarting Sandstorm.',
    );
    await eventually(isWell);
    expect(await box.sh('sandstorm status')).toBe(status);
    expect(await unit()).toBe('active');
    expect(await latest()).not.toBe(before);
    await eventually(async () => (await box.run(['test', '-e', `${HOME}/${before}`])).exitCode !== 0);
  });

  it('update onto a folder that is there already says complete and leaves nothing that runs', async () => {
    await install(ADDRESSES);
    await setChannelOff();
    await box.sh('top=$(tar Jtf /root/newer.tar.xz 2> /dev/null | head -n 1); mkdir /opt/sandstorm/$top');
    expect(await box.sh('sandstorm update /root/newer.tar.xz')).toContain('Update complete');
    await eventually(async () => (await unit()) !== 'active');
    expect((await box.run([`${HOME}/sandstorm`, 'status'])).exitCode).toBe(127);
  });

  it('restart with a bad line says sent, and the server dies', async () => {
    await install(ADDRESSES);
    await box.sh(`echo nonsense >> ${HOME}/sandstorm.conf`);
    expect(await box.run(['sandstorm', 'restart'])).toMatchObject({
      exitCode: 0,
      stdout: 'Restart request sent.\n',
    });
    await eventually(async () => !(await isRunning()));
  });

  it('kills a server that was stopped and started by hand', async () => {
    await install(ADDRESSES);
    await eventually(isWell);
    expect(await box.sh('sandstorm stop && sandstorm start')).toContain('Sandstorm started.');
    await eventually(async () => !(await isRunning()));
    expect(await unit()).not.toBe('active');
  });

  it('systemctl start beside a hand-started server ends that one and exits 0', async () => {
    await install(ADDRESSES);
    await box.sh('systemctl stop sandstorm && sandstorm start');
    expect(await isRunning()).toBe(true);
    expect((await box.run(['systemctl', 'start', 'sandstorm'])).exitCode).toBe(0);
    await eventually(async () => !(await isRunning()));
  });

  it('systemctl stop does nothing to a hand-started server', async () => {
    await install(ADDRESSES);
    await box.sh('systemctl stop sandstorm && sandstorm start && systemctl stop sandstorm');
    await sleep(1000);
    expect(await isRunning()).toBe(true);
  });

  it('says online and exits 0 while another program holds the port', async () => {
    await box.run([
      'bash',
      '-c',
      `node -e 'require("net").createServer().listen(${String(PORT)})' < /dev/null > /dev/null 2>&1 & sleep 1`,
    ]);
    expect(await install(ADDRESSES)).toMatch(/Your server is now online!.*\nexit 0$/s);
    await eventually(async () => !(await isRunning()));
  });

  it('ends all of a service through its control group', async () => {
    await box.sh('systemd-run --unit=many sh -c "setsid sleep 4321 & setsid sleep 4321 & sleep 4321"');
    await eventually(async () => (await box.sh('pgrep -fc "^sleep 4321" || true')) === '3');
    await box.sh('systemctl stop many');
    expect(await box.sh('pgrep -fc "^sleep 4321" || true')).toBe('0');
  });
});

describe.skipIf(!ready)('under sysvinit', { timeout: 180_000 }, () => {
  inBox('sysvinit');

  it('installs an init script that is linked into the run levels and manages the server', async () => {
    expect(await install(ADDRESSES)).toMatch(/Your server is now online!.*\nexit 0$/s);
    await eventually(isWell);
    expect(await box.sh('cat /proc/1/comm; ls /etc/rc2.d')).toMatch(/^init\n[^]*S\d+sandstorm/);
    expect(await box.sh('service sandstorm status')).toContain('Sandstorm is running; PID = ');
    expect(await box.sh('service sandstorm stop')).toContain('Sandstorm server stopped.');
    expect((await box.run(['service', 'sandstorm', 'status'])).exitCode).toBe(1);
    expect(await box.sh('service sandstorm start')).toContain('Sandstorm started.');
    await eventually(isWell);
  });
});

describe.skipIf(!ready)('with neither', { timeout: 180_000 }, () => {
  inBox('none');

  it('installs without a service and leaves starting to the person', async () => {
    const seen = await install(ADDRESSES);
    expect(seen).toContain('Could not detect how to run Sandstorm at startup');
    expect(seen).toContain('Installation complete. To start your server now, run:');
    expect(await isRunning()).toBe(false);
    await box.sh(`${HOME}/sandstorm start`);
    await eventually(isWell);
  });

  it('installs for an ordinary person with -u, below their home', async () => {
    await box.sh('useradd -m ann && mv /root/install.sh /root/sandstorm.tar.xz /home/ann');
    const flags = 'bash install.sh -u -e sandstorm.tar.xz';
    const ran = await box.run(
      [
        'setpriv',
        '--reuid',
        'ann',
        '--regid',
        'ann',
        '--clear-groups',
        'script',
        '-qefc',
        flags,
        '/dev/null',
      ],
      {
        cwd: '/home/ann',
        env: { REPORT: 'no', SHELL: '/bin/sh', HOME: '/home/ann' },
        // Folder, mail port, updates, port, database port; then the addresses.
        input: ['', '', 'no', '', '', ...ADDRESSES, ''].join('\n'),
      },
    );
    expect(ran.stdout).toContain('Installation complete. To start your server now, run:');
    expect(ran.stdout).toContain('/home/ann/sandstorm/sandstorm start');
    expect(await box.sh('ls /usr/local/bin')).not.toContain('spk');
    expect(await box.sh('stat -c %U /home/ann/sandstorm/sandstorm.conf')).toBe('ann');
    await box.sh('setpriv --reuid ann --regid ann --clear-groups /home/ann/sandstorm/sandstorm start');
    await eventually(isWell);
  });
});
