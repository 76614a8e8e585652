import type { Host } from '../../system/host.js';
import { fail, pass, skip, type Check, type CheckResult } from '../check.js';

/** The account that the server runs as: install.sh makes it where there is none. */
export const userServer: Check = {
  id: 'user.server',
  group: 'Server',
  title: 'Server account',
  phases: ['install'],

  async run({ host, subject }) {
    const name = subject.serverUser;
    if (subject.unprivileged && host.user.uid !== 0) return withoutRoot(name, host);
    if (name === undefined) return skip('no account was named');
    // What useradd accepts everywhere; a name that starts with - would be read as an option by id(1).
    if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(name)) {
      return fail(`"${name}" is not a name for an account`, {
        fix: ['--server-user with small letters, digits, _ and -, at most 31 of them'],
      });
    }
    const uid = await uidOf(name, host);
    if (uid === 0 || name === 'root') {
      return fail('Sandstorm refuses to run as root', { fix: ['--server-user sandstorm'] });
    }
    if (uid !== undefined) return pass(`${name} (uid ${uid})`, { facts: { name, uid } });
    return creatable(name, host);
  },
};

function withoutRoot(name: string | undefined, host: Host): CheckResult {
  if (name === undefined || name === host.user.name) return pass(`${host.user.name}, you`);
  return fail(`without root the server runs as ${host.user.name}, not as ${name}`, {
    fix: ['leave out --server-user'],
  });
}

async function creatable(name: string, host: Host): Promise<CheckResult> {
  const useradd = await host.commands.which('useradd');
  if (useradd === undefined) {
    return fail(`${name} does not exist and useradd is not there to make it`, {
      fix: ['Debian, Ubuntu:  apt-get install passwd', 'RHEL, Fedora:    dnf install shadow-utils'],
    });
  }
  // `useradd --user-group`, which install.sh calls, fails when only the group is there.
  const group = await host.commands.run('getent', ['group', name], { timeoutMs: 10_000 });
  if (group.exitCode === 0) {
    return fail(`the group ${name} exists but the account does not; install.sh cannot make it like that`, {
      fix: [`useradd --system --gid ${name} ${name}`],
    });
  }
  return pass(`${name} does not exist and will be made`, { facts: { name } });
}

async function uidOf(name: string, host: Host): Promise<number | undefined> {
  const { exitCode, stdout } = await host.commands.run('id', ['-u', name], { timeoutMs: 10_000 });
  return exitCode === 0 && /^\d+\s*$/.test(stdout) ? Number(stdout) : undefined;
}
