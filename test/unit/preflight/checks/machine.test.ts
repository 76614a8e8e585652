import { describe, expect, it } from 'vitest';
import { clock } from '../../../../src/preflight/checks/clock.js';
import { cpuAvx } from '../../../../src/preflight/checks/cpu-avx.js';
import { osKernel } from '../../../../src/preflight/checks/os-kernel.js';
import { osLinux } from '../../../../src/preflight/checks/os-linux-x86_64.js';
import { osTools } from '../../../../src/preflight/checks/os-tools.js';
import { osUserns } from '../../../../src/preflight/checks/os-userns.js';
import { userRoot } from '../../../../src/preflight/checks/user-root.js';
import { userServer } from '../../../../src/preflight/checks/user-server.js';
import { fakeHost, writeTree, type FakeOverrides } from '../../../helpers/fake-host.js';
import { runCheck, shown } from '../../../helpers/subject.js';

const ANNA: FakeOverrides = { user: { uid: 1000, name: 'anna' } };

describe('os.linux-x86_64', () => {
  it.each([
    ['Linux x86_64\n', 'pass'],
    ['Linux aarch64\n', 'fail'],
    ['Linux i686\n', 'fail'],
    ['FreeBSD amd64\n', 'fail'],
    ['', 'fail'],
  ])('%j: %s', async (uname, status) => {
    const host = await fakeHost({ answers: { 'uname -sm': uname } });
    expect((await runCheck(osLinux, host)).status).toBe(status);
  });
});

describe('os.kernel', () => {
  it.each([
    ['6.1.0-18-amd64', 'pass'],
    ['3.10.0-1160.el7.x86_64', 'pass'],
    ['3.10', 'pass'],
    ['4.4-rc1', 'pass'],
    ['3.9.11', 'fail'],
    ['2.6.32-754.el6.x86_64', 'fail'],
    ['', 'warn'],
    ['generic', 'warn'],
  ])('%s: %s', async (release, status) => {
    const host = await fakeHost({ answers: { 'uname -r': `${release}\n` } });
    expect((await runCheck(osKernel, host)).status).toBe(status);
  });
});

describe('os.tools', () => {
  const all = ['tar', 'xz', 'bash', 'id', 'script', 'openssl', 'which', 'useradd'];

  it('passes when all are there', async () => {
    const host = await fakeHost({ programs: all });
    expect(shown(await runCheck(osTools, host))).toEqual([
      'pass: tar xz bash id script openssl which useradd',
    ]);
  });

  it('names what is missing, and the packages', async () => {
    const host = await fakeHost({ programs: all.filter((name) => name !== 'xz' && name !== 'script') });
    expect(shown(await runCheck(osTools, host))).toEqual([
      'fail: not on this machine: xz, script',
      'fix: Debian, Ubuntu:  apt-get install xz-utils bsdutils',
      'fix: RHEL, Fedora:    dnf install xz util-linux',
      'fix: where util-linux is there and script is not:  dnf install util-linux-script',
    ]);
  });

  it('asks for no more than is used', async () => {
    const update = await fakeHost({ programs: ['tar', 'xz', 'bash', 'id'] });
    expect((await runCheck(osTools, update, { phase: 'update' })).status).toBe('pass');
    const own = await fakeHost({ programs: all.filter((name) => name !== 'useradd') });
    expect((await runCheck(osTools, own, { unprivileged: true })).status).toBe('pass');
    expect((await runCheck(osTools, own)).status).toBe('fail');
  });
});

describe('os.userns', () => {
  const APPARMOR = 'kernel/apparmor_restrict_unprivileged_userns';
  const MAXIMUM = 'user/max_user_namespaces';
  const CLONE = 'kernel/unprivileged_userns_clone';

  it.each<[string, Record<string, string>, boolean, string]>([
    ['nothing known', {}, false, 'pass'],
    ['all open', { [APPARMOR]: '0\n', [MAXIMUM]: '96365\n', [CLONE]: '1\n' }, false, 'pass'],
    ['AppArmor', { [APPARMOR]: '1\n', [MAXIMUM]: '96365\n' }, false, 'warn'],
    ['AppArmor, no root', { [APPARMOR]: '1\n', [MAXIMUM]: '96365\n' }, true, 'fail'],
    // The server notices that it cannot make one at all, and takes its other sandbox.
    ['none allowed', { [MAXIMUM]: '0\n' }, false, 'pass'],
    ['none allowed, no root', { [MAXIMUM]: '0\n' }, true, 'fail'],
    ['old Debian', { [CLONE]: '0\n' }, false, 'pass'],
    ['old Debian, no root', { [CLONE]: '0\n' }, true, 'fail'],
    ['AppArmor and none allowed', { [APPARMOR]: '1\n', [MAXIMUM]: '0\n' }, false, 'pass'],
  ])('%s', async (_, sysctls, unprivileged, status) => {
    const host = await fakeHost();
    await writeTree(`${host.layout.proc}/sys`, sysctls);
    expect((await runCheck(osUserns, host, { unprivileged })).status).toBe(status);
  });

  it('says what to type, now and for every boot', async () => {
    const host = await fakeHost();
    await writeTree(`${host.layout.proc}/sys`, { [APPARMOR]: '1\n' });
    expect(shown(await runCheck(osUserns, host))).toEqual([
      'warn: AppArmor restricts user namespaces; grains will not start',
      'fix: now:           sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
      "fix: for every boot: echo 'kernel.apparmor_restrict_unprivileged_userns = 0' > /etc/sysctl.d/60-sandstorm-userns.conf",
      'fix: then restart Sandstorm if it runs',
    ]);
  });
});

describe('cpu.avx', () => {
  const release = { build: 309, packedBytes: 1, unpackedBytes: 1 };

  it.each([
    ['fpu sse4_2 avx avx2', true, 'pass'],
    ['fpu sse4_2 avx2', true, 'fail'],
    ['fpu sse4_2', false, 'pass'],
    ['fpu sse4_2', undefined, 'warn'],
  ])('flags "%s", release needs it: %s', async (flags, needsAvx, status) => {
    const host = await fakeHost();
    await writeTree(host.layout.proc, { cpuinfo: `processor\t: 0\nflags\t\t: ${flags}\nbugs\t\t: avx\n` });
    const about = needsAvx === undefined ? {} : { release: { ...release, needsAvx } };
    expect((await runCheck(cpuAvx, host, about)).status).toBe(status);
  });

  it('does not guess', async () => {
    expect((await runCheck(cpuAvx, await fakeHost())).status).toBe('skip');
  });
});

describe('user.root', () => {
  it('wants root', async () => {
    expect((await runCheck(userRoot, await fakeHost())).status).toBe('pass');
    expect(shown(await runCheck(userRoot, await fakeHost(ANNA), { phase: 'update' }))).toEqual([
      'fail: this is done by root; you are anna',
      'fix: sudo sandstorm-airgap update TARBALL',
    ]);
  });

  it('does without for a server without root', async () => {
    expect((await runCheck(userRoot, await fakeHost(ANNA), { unprivileged: true })).status).toBe('pass');
  });
});

describe('user.server', () => {
  const absent = { exitCode: 1, stderr: 'no such user' };

  it('takes an account that is there', async () => {
    const host = await fakeHost({ answers: { 'id -u sandstorm': '998\n' } });
    expect(shown(await runCheck(userServer, host, { serverUser: 'sandstorm' }))).toEqual([
      'pass: sandstorm (uid 998)',
    ]);
  });

  it('takes one that can be made', async () => {
    const host = await fakeHost({
      answers: { 'id -u sandstorm': absent, 'getent group sandstorm': { exitCode: 2 } },
      programs: ['useradd'],
    });
    expect((await runCheck(userServer, host, { serverUser: 'sandstorm' })).status).toBe('pass');
  });

  it('sees that install.sh cannot make it', async () => {
    const answers = { 'id -u sandstorm': absent, 'getent group sandstorm': 'sandstorm:x:998:\n' };
    const grouped = await fakeHost({ answers, programs: ['useradd'] });
    expect(shown(await runCheck(userServer, grouped, { serverUser: 'sandstorm' }))).toEqual([
      'fail: the group sandstorm exists but the account does not; install.sh cannot make it like that',
      'fix: useradd --system --gid sandstorm sandstorm',
    ]);
    const bare = await fakeHost({ answers, programs: [] });
    expect((await runCheck(userServer, bare, { serverUser: 'sandstorm' })).lines[0]).toMatch(
      /useradd is not there/,
    );
  });

  it.each(['root', 'toor'])('refuses %s, who is root', async (serverUser) => {
    const host = await fakeHost({ answers: { 'id -u root': '0\n', 'id -u toor': '0\n' } });
    expect((await runCheck(userServer, host, { serverUser })).lines).toEqual([
      'Sandstorm refuses to run as root',
    ]);
  });

  it.each(['--help', 'a b', 'Sand', '', '1st', 'a;reboot', 'a'.repeat(32)])(
    'runs nothing for "%s"',
    async (serverUser) => {
      const host = await fakeHost();
      expect((await runCheck(userServer, host, { serverUser })).status).toBe('fail');
      expect(host.ran).toEqual([]);
    },
  );

  it('is the user without root', async () => {
    expect((await runCheck(userServer, await fakeHost(ANNA), { unprivileged: true })).status).toBe('pass');
    const other = await runCheck(userServer, await fakeHost(ANNA), {
      unprivileged: true,
      serverUser: 'bert',
    });
    expect(other.status).toBe('fail');
  });
});

describe('clock', () => {
  const timedatectl = (stdout: string, exitCode = 0): FakeOverrides => ({
    programs: ['timedatectl'],
    answers: { 'timedatectl show --property=NTPSynchronized --value': { stdout, exitCode } },
  });

  it.each<[string, FakeOverrides, string]>([
    ['a machine without timedatectl', {}, 'pass: 2026-11-22 03:00 UTC'],
    ['a synchronised one', timedatectl('yes\n'), 'pass: 2026-11-22 03:00 UTC, synchronised'],
    [
      'one that is not',
      timedatectl('no\n'),
      'warn: 2026-11-22 03:00 UTC, not synchronised; certificates and SAML logins need the right time',
    ],
    ['one where systemd does not run', timedatectl('', 1), 'pass: 2026-11-22 03:00 UTC'],
    [
      'one whose battery is empty',
      { now: '1970-01-01T00:03:00Z' },
      'warn: the clock says 1970-01-01 00:03 UTC, which is long past',
    ],
  ])('%s', async (_, overrides, line) => {
    expect(shown(await runCheck(clock, await fakeHost(overrides)))[0]).toBe(line);
  });
});
