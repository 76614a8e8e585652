import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInstallScript, type InstallScriptRun } from '../../../src/installer/driver.js';
import { Refusal } from '../../../src/errors.js';
import { privateMachine, type PrivateMachine } from '../../helpers/machine-host.js';
import { requireReal } from '../../helpers/real-parts.js';
import { until } from '../../helpers/until.js';
import { makeRelease, standInInstaller } from '../../stand-ins/release.js';

const ready = requireReal('install.sh in a terminal', ['script', 'bash', 'tar', 'xz', 'perl']);

/** Asks as install.sh does. */
const ASK = `
exec 3<&1
ask() { printf '\\033[1m%s [%s]\\033[0m ' "$1" "$2" >&3; read -r -u 3 reply; }
`;

async function play(
  machine: PrivateMachine,
  script: string,
  wish: Partial<InstallScriptRun> = {},
): Promise<string> {
  const file = join(machine.root, 'script.sh');
  await writeFile(file, `#!/bin/bash\n${ASK}\n${script}`);
  return drive(machine, { script: file, ...wish });
}

/** "done", or code and message of the refusal. */
async function drive(machine: PrivateMachine, wish: Partial<InstallScriptRun>): Promise<string> {
  const run: InstallScriptRun = {
    script: '',
    bundle: '/bundle.tar.xz',
    unprivileged: true,
    timeoutMs: 20_000,
    extraEnv: {},
    answers: {
      home: join(machine.root, 'home'),
      baseUrl: 'http://box.test:6080',
      wildcardHost: '*.box.test:6080',
      httpPort: 6080,
      mongoPort: 6081,
      smtpPort: 30025,
      serverUser: 'nobody',
      localhostOnly: true,
    },
    ...wish,
  };
  return runInstallScript(run, machine.host).then(
    () => 'done',
    (error: unknown) =>
      error instanceof Refusal ? `${error.code}: ${error.message}` : `bug: ${String(error)}`,
  );
}

/** Living processes whose command line holds this word. */
function alive(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${String(pid)}/cmdline`, 'latin1').includes(word);
      } catch {
        return false;
      }
    });
}

describe.skipIf(!ready)('install.sh in a terminal', () => {
  it('answers questions in whatever pieces and order they come', async () => {
    const machine = await privateMachine();
    const ended = await play(
      machine,
      `
      printf '\\033[1mWildcard'; sleep 0.05; printf ' host: [*.x]\\033['; sleep 0.05; printf '0m '
      read -r -u 3 reply; echo "got <$reply>"
      ask "URL users will enter in browser:" http://x; echo "got <$reply>"
      [[ "$1" == -u && "$2" == /bundle.tar.xz && $# == 2 ]] || exit 9
      `,
    );
    expect(ended).toBe('done');
    expect(await machine.logged()).toMatch(/got <\*\.box\.test:6080>[^]*got <http:\/\/box\.test:6080>/);
  });

  it('hands on nothing of the caller but PATH', async () => {
    const machine = await privateMachine();
    const host = {
      ...machine.host,
      env: { PATH: process.env.PATH, SUDO_USER: 'somebody', DESIRED_SANDCATS_NAME: 'corp', REPORT: 'yes' },
    };
    await play(
      { ...machine, host },
      'echo "<${SUDO_USER-unset}> <${DESIRED_SANDCATS_NAME-unset}> <$REPORT> <$LC_ALL>"',
    );
    expect(await machine.logged()).toContain('<unset> <unset> <no> <C>');
  });

  it('stops at a question it does not know, and nothing of the script lives on', async () => {
    const machine = await privateMachine();
    const mark = `3${String(process.pid)}1`;
    const ended = await play(
      machine,
      `
      trap '' TERM HUP INT
      (trap '' TERM HUP INT; sleep ${mark}) &
      bash -c "trap '' TERM HUP; sleep ${mark}; true" &
      ask "Shall we dance?" yes
      sleep ${mark}
      touch "$DIR.after"
      `,
    );
    expect(ended).toBe(
      'E_INSTALL_FAILED: install.sh was stopped at "Shall we dance?": this question is not known',
    );
    expect(alive(mark)).toEqual([]);
    expect(alive(join(machine.root, 'script.sh'))).toEqual([]);
    expect(await machine.host.files.list(machine.root)).not.toContain('home.after');
    expect(await machine.logged()).toContain('Shall we dance?');
  });

  it('stops when its answer is not taken', async () => {
    const machine = await privateMachine();
    const ended = await play(
      machine,
      'for i in 1 2 3; do ask "Server main HTTP port:" 6080; echo "Port $reply is not to my taste."; done',
    );
    expect(ended).toContain('the answer was not accepted: Port 6080 is not to my taste.');
  });

  it('ends a script that takes too long', async () => {
    const machine = await privateMachine();
    const mark = `3${String(process.pid)}2`;
    const ended = await play(machine, `sleep ${mark}`, { timeoutMs: 600 });
    expect(ended).toBe('E_INSTALL_FAILED: install.sh failed: it did not end within 0.01 minutes');
    expect(alive(mark)).toEqual([]);
  });

  it('ends it when we are told to stop', async () => {
    const machine = await privateMachine();
    const mark = `3${String(process.pid)}3`;
    const ended = play(machine, `trap '' TERM; sleep ${mark}; sleep ${mark}`);
    await until('the script sleeps', () => alive(`sleep\0${mark}`).length > 0);
    machine.interrupt();
    expect(await ended).toBe('E_INSTALL_FAILED: install.sh failed: it was interrupted');
    expect(alive(mark)).toEqual([]);
    // And is not even started once that has happened.
    expect(await play(machine, 'touch "$DIR.after"')).toContain('it was interrupted');
    expect(await machine.host.files.list(machine.root)).not.toContain('home.after');
  });

  it('comes back when the script ends, though a daemon of it keeps the terminal open', async () => {
    const machine = await privateMachine();
    const began = Date.now();
    const ended = await play(
      machine,
      `
      (trap '' HUP; exec sleep 7) &
      setsid sleep 7 &
      (trap '' HUP; for i in {1..70}; do echo tick; sleep 0.1; done) &
      sleep 0.3
      `,
    );
    expect(ended).toBe('done');
    expect(Date.now() - began).toBeLessThan(5000);
  });

  it('hears the last words of a script that says much and ends at once', async () => {
    const machine = await privateMachine();
    const ended = await play(machine, `seq 1 60000; printf '\\033[0;31mThe last word.\\n\\033[0m'; exit 1`);
    expect(ended).toBe('E_INSTALL_FAILED: install.sh failed: The last word.');
  });

  it('never writes a setup token down', async () => {
    const machine = await privateMachine();
    const token = 'f00dfeed0123456789';
    const ended = await play(
      machine,
      `echo "  http://x/setup/token/${token}"; echo "also: ${token}"; echo last; exit 3`,
    );
    expect(ended).not.toContain(token);
    const logged = await machine.logged();
    expect(logged).toContain('/setup/token/…');
    expect(logged).toContain('also: …');
    expect(logged).not.toContain(token);
  });
});

describe.skipIf(!ready)('how the stand-in fails', () => {
  const answers = (home: string): InstallScriptRun['answers'] => ({
    home,
    baseUrl: 'http://box.test:6080',
    wildcardHost: '*.box.test:6080',
    httpPort: 6080,
    mongoPort: 6081,
    smtpPort: 30025,
    serverUser: 'nobody',
    localhostOnly: true,
  });

  it.each(['io', 'org'])('no bundle at all (%s)', async (spelling) => {
    const machine = await privateMachine();
    const bundle = join(machine.root, 'bundle.tar.xz');
    await writeFile(bundle, 'not a tarball\n');
    const ended = await drive(machine, {
      script: standInInstaller,
      bundle,
      extraEnv: { STAND_IN_MACHINE_ROOT: join(machine.root, 'machine'), STAND_IN_SPELLING: spelling },
    });
    expect(ended).toBe(`E_INSTALL_FAILED: install.sh failed: ${bundle}: Not a valid Sandstorm bundle`);
  });

  it('a bundle that breaks off: the words of xz and tar', async () => {
    const machine = await privateMachine();
    const bundle = await makeRelease({
      build: 308,
      dir: machine.root,
      fault: 'truncated',
      fillerBytes: 300_000,
    });
    const ended = await drive(machine, {
      script: standInInstaller,
      bundle,
      extraEnv: { STAND_IN_MACHINE_ROOT: join(machine.root, 'machine') },
    });
    expect(ended).toMatch(/^E_INSTALL_FAILED: install\.sh failed: .*(Unexpected end|tar: )/);
  });

  it('something there already: the whole of its red words', async () => {
    const machine = await privateMachine();
    const home = join(machine.root, 'home');
    await machine.host.files.makeDir(join(home, 'var'));
    const bundle = await makeRelease({ build: 308, dir: machine.root });
    const ended = await drive(machine, {
      script: standInInstaller,
      bundle,
      answers: answers(home),
      extraEnv: { STAND_IN_MACHINE_ROOT: join(machine.root, 'machine') },
    });
    expect(ended).toContain(`This script is trying to install to ${home}. You seem to already have a`);
    expect(ended).toMatch(/or use a different directory\. Please try one of the above\./);
  });
});
