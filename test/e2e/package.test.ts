import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packaged, PACKAGE_TIMEOUT, requirePackaging, type Packaged } from '../helpers/packaged.js';
import { requireReal } from '../helpers/real-parts.js';

/* What `npm run package` makes, on this machine. */

const repository = fileURLToPath(new URL('../../', import.meta.url));
const ready = requirePackaging('the packages');
const MEGABYTE = 1e6;

let made: Packaged;
let folder = '';

beforeAll(async () => {
  if (!ready) return;
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  made = await packaged();
}, PACKAGE_TIMEOUT);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const options = { env: { PATH: process.env.PATH ?? '', HOME: folder, ...env }, maxBuffer: 1 << 26 };
  try {
    return { exitCode: 0, ...(await promisify(execFile)(file, [...args], options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}

/** Where everything is called and counted otherwise: names sort otherwise, numbers are written otherwise, it is another day. */
const ABROAD = { TZ: 'Pacific/Apia', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' };
const ELSEWHERE = 'exec "$0" "$@"';

/** The packers, called with what is given them as JSON. */
const PACK = `import('${join(repository, 'scripts/package/packers.mjs')}').then(async ({ makePackages }) => {
  const [parts, out, work] = JSON.parse(process.argv[1]);
  console.log(JSON.stringify(await makePackages(parts, new Set(['archive', 'deb', 'rpm']), out, work)));
})`;

const sha256 = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

describe.skipIf(!ready)('the program', () => {
  it('is the same when it is made once more elsewhere', { timeout: 300_000 }, async () => {
    const again = join(folder, 'made-again');
    const make = [join(repository, 'scripts/package.mjs'), '--only', '', '--out', again];
    const ran = await run('sh', ['-c', `umask 077; ${ELSEWHERE}`, process.execPath, ...make], ABROAD);
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).toContain('not signed: give --key FILE');
    expect(await sha256(join(again, 'sandstorm-airgap'))).toBe(await sha256(made.program));
  });

  it('needs of a machine what its packages say, and nothing more', async () => {
    const dynamic = await run('readelf', ['--dynamic', '--wide', made.program]);
    const needed = [...dynamic.stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, library]) => library);
    // The C library under all its names, libstdc++, and libgcc, which that brings along.
    const known =
      /^(?:lib(?:c|dl|m|pthread)\.so\.\d|ld-linux-x86-64\.so\.2|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/;
    expect(needed).toContain('libstdc++.so.6');
    expect(needed.filter((library) => !known.test(library ?? ''))).toEqual([]);
    const versions = await run('readelf', ['--version-info', '--wide', made.program]);
    const newest = (name: string): number =>
      Math.max(
        ...[...versions.stdout.matchAll(new RegExp(`Name: ${name}\\.(\\d+)`, 'g'))].map(([, minor]) =>
          Number(minor),
        ),
      );
    // glibc 2.28; GLIBCXX_3.4.24 is that of GCC 7.
    expect(newest('GLIBC_2')).toBeLessThanOrEqual(28);
    expect(newest('GLIBCXX_3\\.4')).toBeLessThanOrEqual(24);
  });

  it('does not begin what Node would be told by its environment', async () => {
    const spoilt = join(folder, 'spoilt');
    await mkdir(spoilt);
    await writeFile(join(spoilt, 'said.cjs'), 'console.log("loaded")');
    await writeFile(
      join(spoilt, 'openssl.cnf'),
      'nodejs_conf = x\n[x]\nproviders = y\n[y]\nz = z\n[z]\nmodule = /x\n',
    );
    const env = {
      NODE_OPTIONS: `--require=${spoilt}/said.cjs --inspect-brk=127.0.0.1:0`,
      NODE_EXTRA_CA_CERTS: '/nonexistent.pem',
      NODE_DEBUG: 'module,http',
      NODE_PATH: spoilt,
      OPENSSL_CONF: join(spoilt, 'openssl.cnf'),
    };
    expect(await run(made.program, ['--version'], env)).toMatchObject({ exitCode: 0, stderr: '' });
    const clean = await run(made.program, ['status', '--json', '--home', '/nonexistent']);
    expect(await run(made.program, ['status', '--json', '--home', '/nonexistent'], env)).toEqual(clean);
    const launcher = join(made.unpacked, 'sandstorm-airgap');
    const more = {
      ...env,
      NODE_REPL_EXTERNAL_MODULE: join(spoilt, 'said.cjs'),
      NODE_V8_COVERAGE: join(spoilt, 'coverage'),
    };
    expect(await run(launcher, ['status', '--json', '--home', '/nonexistent'], more)).toEqual(clean);
    await expect(stat(join(spoilt, 'coverage'))).rejects.toThrow('ENOENT');
  });

  it.each(['--inspect', '--eval=1', '--node-options=--inspect', '--require=/x', '-p'])(
    'takes %s for a flag of its own',
    async (flag) => {
      const ran = await run(made.program, [flag]);
      expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
      expect(ran.stderr).toContain('E_USAGE');
    },
  );

  it('does not let itself be looked into by a signal', async () => {
    let said = '';
    const child = execFile(made.program, ['feature-key', 'inspect', '-']);
    child.stderr?.on('data', (text: string) => (said += text));
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
    await sleep(1500);
    child.kill('SIGUSR1');
    await sleep(500);
    child.stdin?.end();
    expect(await ended).toBe(5);
    expect(said).toContain('E_FEATURE_KEY');
    expect(said).not.toContain('Debugger');
  });

  it('says which build it is, and that it is whole', async () => {
    const { stdout, exitCode } = await run(made.program, ['self-check', '--json']);
    expect(exitCode).toBe(0);
    const { result } = JSON.parse(stdout) as { result: Record<string, unknown> };
    const pinned = JSON.parse(await readFile(join(repository, 'scripts/package/runtime.json'), 'utf8')) as {
      version: string;
    };
    expect(result).toMatchObject({
      build: { node: pinned.version },
      node: pinned.version,
      program: { path: made.program, sha256: await sha256(made.program) },
    });
  });

  it('says when a part of it is damaged', async () => {
    const bytes = await readFile(made.program);
    // In the text of a stand-in, which runs in nothing but the rehearsal.
    const at = bytes.lastIndexOf('Your server is now online!');
    expect(at).toBeGreaterThan(0);
    bytes.write('Y0ur', at);
    const damaged = join(folder, 'damaged');
    await writeFile(damaged, bytes, { mode: 0o755 });
    const ran = await run(damaged, ['self-check', '--json']);
    expect(ran).toMatchObject({ exitCode: 5 });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      error: { code: 'E_SELF_DAMAGED' },
      result: { damaged: [expect.stringMatching(/^stand-ins\//)] },
    });
    await rm(damaged);
  });

  it('plays the rehearsal with what is in it', { timeout: 120_000 }, async () => {
    const ran = await run(made.program, ['rehearse', '--json', '--yes']);
    expect({ ...ran, stderr: '' }).toMatchObject({ exitCode: 0 });
  });

  it.skipIf(!requireReal('the program on old processors', ['qemu-x86_64-static']))(
    'runs on the oldest of x86-64',
    async () => {
      const ran = await run('qemu-x86_64-static', ['-cpu', 'Opteron_G1', made.program, '--version']);
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    },
  );
});

describe.skipIf(!ready)('the launcher', () => {
  const shells = [['dash'], ['bash'], ['busybox', 'sh']].filter(([shell = '']) =>
    requireReal(`the launcher in ${shell}`, [shell]),
  );
  const launcher = (): string => join(made.unpacked, 'sandstorm-airgap');

  it.each(shells)('starts the program, in %s', async (shell, ...more) => {
    const link = join(folder, `link-${shell}`);
    await symlink(launcher(), link);
    const args = ['status', '--json', '--home', "/a 'b"];
    const own = await run(made.program, args);
    expect(own.exitCode).toBe(0);
    for (const path of [launcher(), link]) expect(await run(shell, [...more, path, ...args])).toEqual(own);
    expect(await run(shell, [...more, launcher(), 'nonsense'])).toMatchObject({ exitCode: 2 });
  });

  /** The launcher, where a machine looks otherwise: its own paths lead into a folder. */
  async function elsewhere(name: string, files: Record<string, string>): Promise<Ran> {
    const root = join(folder, name);
    await mkdir(join(root, 'bin'), { recursive: true });
    await mkdir(join(root, 'lib64'));
    for (const [path, text] of Object.entries(files)) {
      await writeFile(join(root, path), text);
      await chmod(join(root, path), 0o755);
    }
    const text = await readFile(launcher(), 'utf8');
    const there = text.replaceAll(/(?<=[ =])\/(lib|usr)/g, `${root}/$1`);
    const script = join(root, 'sandstorm-airgap');
    await writeFile(script, there);
    await mkdir(join(root, 'lib'));
    await writeFile(join(root, 'lib/sandstorm-airgap'), '#!/bin/sh\necho started\n', { mode: 0o755 });
    return run('dash', [script], { PATH: `${root}/bin:${process.env.PATH ?? ''}` });
  }

  const LOADER = 'lib64/ld-linux-x86-64.so.2';
  it.each([
    ['another processor', { 'bin/uname': '#!/bin/sh\necho aarch64\n' }, 'its processor is aarch64'],
    ['another C library', {}, 'it has no glibc'],
    [
      'an old C library',
      { [LOADER]: '#!/bin/sh\necho "x: version \\`GLIBC_2.28\' not found"\n', 'lib64/libc-2.17.so': '' },
      'its C library is too old (glibc ',
    ],
    [
      'no libstdc++',
      { [LOADER]: '#!/bin/sh\necho "libstdc++.so.6 => not found"\n' },
      'libstdc++.so.6 is missing',
    ],
    [
      'an old libstdc++',
      { [LOADER]: '#!/bin/sh\necho "x: version \\`GLIBCXX_3.4.21\' not found"\n' },
      'its libstdc++ is too old',
    ],
  ])('says so where there is %s', async (name, files, said) => {
    const ran = await elsewhere(name.replaceAll(' ', '-'), files);
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ran.stderr).toContain(`sandstorm-airgap cannot run on this machine: ${said}`);
    expect(ran.stderr.split('\n')).toHaveLength(3);
  });

  it('starts all the same where libraries lie in other places', async () => {
    const ran = await elsewhere('other-places', {
      [LOADER]: '#!/bin/sh\necho "libstdc++.so.6 => /x (0x0)"\n',
    });
    expect(ran).toEqual({ exitCode: 0, stdout: 'started\n', stderr: '' });
  });

  it.skipIf(process.getuid?.() !== 0).each(shells)(
    'says (as root) that a filesystem lets nothing run, in %s',
    async (shell, ...more) => {
      const mounted = join(folder, 'noexec');
      await mkdir(join(mounted), { recursive: true });
      const script = `mount -t tmpfs -o noexec none "$1" && mkdir "$1/lib" && cp "$2" "$1/" && printf '#!/bin/sh' > "$1/lib/sandstorm-airgap" && chmod 755 "$1/lib/sandstorm-airgap" && shift 2 && "$@"`;
      const path = join(mounted, 'sandstorm-airgap');
      const args = [
        '--mount',
        'sh',
        '-c',
        script,
        'sh',
        mounted,
        launcher(),
        shell,
        ...more,
        path,
        '--version',
      ];
      const ran = await run('unshare', args);
      expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
      expect(ran.stderr).toContain('lies on a filesystem mounted with noexec');
    },
  );
});

describe.skipIf(!ready)('what it comes in', () => {
  it('is at most 25 MB', async () => {
    expect((await stat(made.archive)).size).toBeLessThan(25 * MEGABYTE);
  });

  it('is vouched for, and a changed byte is not', async () => {
    const verify = ['-verify', '-pubin', '-inkey', made.publicKey, '-rawin'];
    const sums = join(made.folder, 'SHA256SUMS');
    const signed = ['-in', sums, '-sigfile', `${sums}.sig`];
    expect(await run('openssl', ['pkeyutl', ...verify, ...signed])).toMatchObject({ exitCode: 0 });
    const other = join(folder, 'sums');
    await writeFile(other, (await readFile(sums, 'utf8')).replace(/^./, 'x'));
    const wrong = ['-in', other, '-sigfile', `${sums}.sig`];
    expect((await run('openssl', ['pkeyutl', ...verify, ...wrong])).exitCode).not.toBe(0);
    const listed = (await readFile(sums, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split('  '));
    expect(listed.map(([, name]) => name)).toEqual(
      [made.program, made.archive, made.deb, made.rpm].map((path) => basename(path)).sort(),
    );
    for (const [hash, name = ''] of listed) expect(await sha256(join(made.folder, name))).toBe(hash);
  });

  it('holds the licences of all that is in it, and lists it', async () => {
    const licences = await readFile(join(made.unpacked, 'THIRD-PARTY-LICENSES'), 'utf8');
    const bom = JSON.parse(await readFile(join(made.unpacked, 'bom.json'), 'utf8')) as {
      bomFormat: string;
      components: { name: string; version: string }[];
    };
    expect(bom.bomFormat).toBe('CycloneDX');
    const names = bom.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['node', 'commander', 'openpgp', '@noble/curves', 'saxes']));
    for (const builder of ['esbuild', 'vitest', 'postject', 'typescript'])
      expect(names).not.toContain(builder);
    for (const { name, version } of bom.components.filter(({ name }) => name !== 'node'))
      expect(licences).toContain(`\n\n${name} ${version} (`.slice(licences.startsWith(name) ? 2 : 0));
    expect(licences).toContain('Node.js 24');
  });

  it('has a manual page without faults, of all commands', async () => {
    const page = join(made.unpacked, 'share/man/man1/sandstorm-airgap.1');
    const text = await readFile(page, 'utf8');
    for (const command of ['install', 'index mirror', 'self\\-check'])
      expect(text).toContain(`.SS "${command}`);
    if (!requireReal('the manual page', ['mandoc'])) return;
    expect(await run('mandoc', ['-T', 'lint', '-W', 'warning', page])).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
  });

  it('is the same when it is packed once more elsewhere', { timeout: 240_000 }, async () => {
    // A piece of the program: larger than the blocks that dpkg-deb gives each processor one of, and soon packed.
    const piece = join(folder, 'piece');
    await writeFile(piece, (await readFile(made.program)).subarray(40 * MEGABYTE, 47 * MEGABYTE));
    const texts = ['manual', 'bash', 'zsh', 'fish', 'licences', 'bom'].map(
      (name) => [name, `${name}\n`] as const,
    );
    const parts = { ...Object.fromEntries<string>(texts), version: '1.2.3', epoch: 1_700_000_000 };
    const pack = async (name: string, program: string, shell: string, env = {}): Promise<string[]> => {
      const out = join(folder, name);
      await mkdir(join(out, 'work'), { recursive: true });
      const given = JSON.stringify([{ ...parts, program }, out, join(out, 'work')]);
      const ran = await run('sh', ['-c', shell, process.execPath, '--eval', PACK, given], env);
      expect(ran).toMatchObject({ exitCode: 0 });
      const names = JSON.parse(ran.stdout) as string[];
      return Promise.all(names.map(async (file) => `${await sha256(join(out, file))}  ${file}`));
    };
    const first = await pack('packed', piece, ELSEWHERE);
    const [other, otherFolder] = [join(folder, 'another piece'), 'packed-again/in another folder'];
    await writeFile(other, await readFile(piece), { mode: 0o600 });
    await utimes(other, 86_400, 86_400);
    // Of many processors, too, each gives the others its part.
    const again = await pack(otherFolder, other, `umask 077; exec taskset --cpu-list 0 "$0" "$@"`, ABROAD);
    expect(first.map((line) => line.replace(/.*\./, ''))).toEqual(['xz', 'deb', 'rpm']);
    expect(again).toEqual(first);
  });

  it.skipIf(!requireReal('the .deb by lintian', ['lintian']))(
    'is a .deb without faults',
    { timeout: 240_000 },
    async () => {
      const ran = await run('lintian', ['--allow-root', '--fail-on', 'error,warning', made.deb]);
      expect(ran).toMatchObject({ exitCode: 0, stdout: '' });
    },
  );

  it('has the same in the .deb and the .rpm', async () => {
    const deb = await run('dpkg-deb', ['--contents', made.deb]);
    const inDeb = deb.stdout.trim().split('\n');
    expect(inDeb.every((line) => line.includes(' root/root '))).toBe(true);
    const rpm = await run('rpm', ['--query', '--package', '--list', made.rpm]);
    for (const path of ['/usr/bin/sandstorm-airgap', '/usr/lib/sandstorm-airgap/sandstorm-airgap']) {
      expect(deb.stdout).toContain(` .${path}\n`);
      expect(rpm.stdout.split('\n')).toContain(path);
    }
    const digest = await run('rpm', ['--checksig', '--nosignature', made.rpm]);
    expect(digest).toMatchObject({ exitCode: 0 });
  });
});
