// Start-up as a ratio to `node -e 0` in the same run, verifying as one to `xz -t`, and memory with a tarball of
// 200 MB. Prints tables; `--verify` measures verifying alone, `--spk` app packages, `--index` an app index, `--mirror`
// mirroring and serving one, `--package` the start of the single program, `--fleet` servers under Ansible.
// What needs a server is measured in a private machine (test/helpers/private-machine.sh), which needs root.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { measureAppIndex } from './app-index.mjs';
import { measureFleet } from './fleet.mjs';
import { bigPackage } from './big-package.mjs';
import { bigRelease, bigStandIn, trustOf } from './big-release.mjs';
import { measureMirror } from './mirror.mjs';
import { pairs, peak, report, root, row, run, time, toolCommand } from './measure.mjs';
import { obtainRuntime } from '../scripts/package/runtime.mjs';
import { pauses } from './pause.mjs';
import { rawText } from '../scripts/raw-text.mjs';

const cache = join(root, '.cache/bench');
const NODE = { name: 'node -e 0', command: [process.execPath, '-e', '0'] };
const STARTS = 31;
const READINGS = 3;
const FILLER = 200 * 1024 * 1024;
const ADDRESS = ['--base-url', 'http://sandstorm.corp.lan:6080'];
const WILDCARD = ['--wildcard-host', '*.sandstorm.corp.lan:6080'];

const PARTS = {
  '--verify': measureVerify,
  '--spk': measurePackages,
  '--index': measureIndex,
  '--mirror': measureMirror,
  '--package': measurePackage,
  '--fleet': () => measureFleet(bundled),
};

if (process.argv[2] === '--inside') await measureWithServer(process.argv[3], process.argv[4]);
else if (process.argv[2] in PARTS) await PARTS[process.argv[2]]();
else {
  if (canHaveMachine()) await inPrivateMachine();
  else {
    console.log('Without root, dnsmasq and unshare there is no server to measure with.\n');
    measureStart();
  }
  for (const measure of Object.values(PARTS)) await measure();
}

function measureStart() {
  start('--version', ['--version']);
  start('status, no server', ['status', '--home', '/nonexistent']);
}

async function measureWithServer(work, key) {
  process.env.SANDSTORM_AIRGAP_STATE_DIR = join(work, 'state');
  const home = ['--home', join(work, 'home')];
  const first = join(work, 'usb/sandstorm-308.tar.xz');
  const second = join(work, 'usb/sandstorm-309.tar.xz');
  const yes = ['--yes', '--json', '--stable-for', '1'];

  run(['trust', 'add', key, '--reason', 'signs these tarballs']);
  measureStart();
  await peak('preflight, 200 MB', ['preflight', first, ...ADDRESS, ...WILDCARD, ...home], 200);
  await peak('install, 200 MB', ['install', first, ...ADDRESS, ...WILDCARD, ...home, ...yes], 200);
  // What the installation wrote is on the disk before anything is timed beside it.
  spawnSync('sync');
  start('status, server up', ['status', ...home]);
  pairs('(a bare script, 2 requests)', STARTS, NODE, twoRequests(), '');
  await peak('update, 200 MB', ['update', second, ...home, ...yes], 200);
  await measurePause(work, home);
  run(['service', 'stop', ...home]);
  report();
}

/** Against upstream's recipe, a release of 190 MB and a database of 200 MB in both. */
async function measurePause(work, home) {
  const tarballOf = (build) => join(work, `usb/sandstorm-${build}.tar.xz`);
  const args = [
    'update',
    tarballOf(311),
    ...home,
    '--yes',
    '--json',
    '--stable-for',
    '1',
    '--allow-unsigned',
  ];
  const { upstream, ours } = await pauses({
    home: join(work, 'home'),
    upstreamTarball: tarballOf(310),
    update: () => peak('update, 190 MB', args, 400),
  });
  const ratio = `${(ours / upstream).toFixed(2)} x stop, update, start`;
  row('pause of an update, 190 MB', ratio, `${(ours / 1000).toFixed(1)} s`, 'at most 0.50');
}

/** Against xz alone, which does nothing but decode: hashing, judging and the signature go on beside it. */
async function measureVerify() {
  const work = mkdtempSync(join(tmpdir(), 'sandstorm-bench-'));
  try {
    process.env.SANDSTORM_AIRGAP_STATE_DIR = join(work, 'state');
    const tarball = await bigRelease(cache);
    run(['trust', 'add', trustOf(tarball), '--reason', 'bench']);
    const verify = ['release', 'verify', tarball];
    const base = { name: 'xz -t', command: ['xz', '-t', tarball] };
    pairs('release verify, 190 MB', READINGS, base, toolCommand(verify), 'at most 1.20');
    await peak('release verify, 190 MB', verify, 200);
    report();
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Against the Node that is inside of it; and, for information, against the one that runs this: Node 20 begins a third
 * quicker than 24, which nothing in here can win back.
 */
async function measurePackage() {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'package-'));
  try {
    const make = [join(root, 'scripts/package.mjs'), '--only', '', '--out', work];
    time([process.execPath, ...make]);
    const { node, version } = await obtainRuntime();
    const program = join(work, 'sandstorm-airgap');
    const own = { name: `node ${version} -e 0`, command: [node, '-e', '0'] };
    for (const [base, target] of [
      [own, 'at most 1.30'],
      [NODE, 'none: another Node'],
    ]) {
      for (const args of [['--version'], ['status', '--home', '/nonexistent']])
        pairs(`single program, ${args[0]}`, STARTS, base, [program, ...args], target);
    }
    report();
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function measureIndex() {
  mkdirSync(cache, { recursive: true });
  await measureAppIndex(cache, bundled);
  report();
}

/**
 * Inspecting against the hash of the file alone, as people take it; verifying against unpacking and hashing with
 * nothing but programs made for it.
 */
async function measurePackages() {
  const spk = await bigPackage(cache, await bundled('test/stand-ins/spk.ts'));
  const hash = { name: 'sha256sum', command: ['sha256sum', spk] };
  const script = 'tail -c +9 "$0" | xz -dc | openssl dgst -sha512 && sha256sum "$0"';
  const unpack = { name: 'xz -dc | openssl, sha256sum', command: ['sh', '-c', script, spk] };
  pairs('spk inspect, 85 MB', 9, hash, toolCommand(['spk', 'inspect', spk]), 'at most 1.30');
  pairs('spk verify, 85 MB', READINGS, unpack, toolCommand(['spk', 'verify', spk]), 'at most 1.30');
  for (const doing of ['inspect', 'verify']) await peak(`spk ${doing}, 85 MB`, ['spk', doing, spk], 150);
  report();
}

function start(what, args) {
  pairs(what, STARTS, NODE, toolCommand(args), 'at most 2.00');
}

/** What node itself needs to look up two names and ask a server twice, as `status` does. */
function twoRequests() {
  const script = `
    let open = 2;
    for (const host of ['sandstorm.corp.lan', 'selftest-0123456789abcdef0123.sandstorm.corp.lan'])
      require('node:http').get({ host, port: 6080, agent: false }, (answer) =>
        answer.resume().on('end', () => --open === 0 && process.exit()));`;
  return [process.execPath, '-e', script];
}

function canHaveMachine() {
  const there = (program) =>
    spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`]).status === 0;
  return process.getuid?.() === 0 && ['unshare', 'ip', 'dnsmasq', 'perl'].every(there);
}

async function inPrivateMachine() {
  const work = mkdtempSync(join(tmpdir(), 'sandstorm-bench-'));
  try {
    mkdirSync(join(work, 'usb'));
    const { makeSigningKey } = await bundled('src/rehearsal/signing-key.ts');
    const key = makeSigningKey();
    for (const build of [308, 309]) {
      const tarball = join(work, `usb/sandstorm-${build}.tar.xz`);
      cpSync(await bigTarball(build), tarball);
      writeFileSync(`${tarball}.update-sig`, key.sign(readFileSync(tarball)));
    }
    for (const build of [310, 311]) {
      cpSync(await bigStandIn(cache, build), join(work, `usb/sandstorm-${build}.tar.xz`));
    }
    cpSync(join(root, 'test/stand-ins/install.sh'), join(work, 'usb/install.sh'));
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child=KILL'];
    const script = join(root, 'test/helpers/private-machine.sh');
    const inside = [process.execPath, fileURLToPath(import.meta.url), '--inside', work, key.name.fingerprint];
    const { status } = spawnSync('unshare', [...namespaces, 'bash', script, join(work, 'usb'), ...inside], {
      stdio: 'inherit',
    });
    process.exitCode = status ?? 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Made once: packing noise takes longer than all the measuring. */
async function bigTarball(build) {
  const path = join(cache, `sandstorm-${build}.tar.xz`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const { makeRelease } = await bundled('test/stand-ins/release.ts');
  return makeRelease({ build, dir: cache, fillerBytes: FILLER });
}

/** A module of the sources or tests, to be called from here. */
async function bundled(path) {
  const source = join(root, path);
  const outfile = join(root, '.cache/bench', path.replace(/\.ts$/, '.mjs'));
  const { build: bundle } = await import('esbuild');
  await bundle({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    plugins: [rawText],
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(source).href) },
  });
  return import(pathToFileURL(outfile).href);
}
