// Start-up as a ratio to `node -e 0` in the same run, and peak memory with a tarball of 200 MB. Prints a table.
// What needs a server is measured in a private machine (test/helpers/private-machine.sh), which needs root.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tool = join(root, 'bin/sandstorm-airgap.js');
const PAIRS = 31;
const FILLER = 200 * 1024 * 1024;
const ADDRESS = ['--base-url', 'http://sandstorm.corp.lan:6080'];
const WILDCARD = ['--wildcard-host', '*.sandstorm.corp.lan:6080'];

const rows = [];

if (process.argv[2] === '--inside') measureAll(process.argv[3], process.argv[4]);
else if (canHaveMachine()) await inPrivateMachine();
else {
  console.log('Without root, dnsmasq and unshare there is no server to measure with: start-up only.\n');
  measureStart();
  report();
}

function measureStart() {
  start('--version', ['--version']);
  start('status, no server', ['status', '--home', '/nonexistent']);
}

function measureAll(work, key) {
  process.env.SANDSTORM_AIRGAP_STATE_DIR = join(work, 'state');
  const home = ['--home', join(work, 'home')];
  const first = join(work, 'usb/sandstorm-308.tar.xz');
  const second = join(work, 'usb/sandstorm-309.tar.xz');
  const yes = ['--yes', '--json', '--stable-for', '1'];

  run(['trust', 'add', key, '--reason', 'signs these tarballs']);
  measureStart();
  peak('preflight, 200 MB', ['preflight', first, ...ADDRESS, ...WILDCARD, ...home], work);
  peak('install, 200 MB', ['install', first, ...ADDRESS, ...WILDCARD, ...home, ...yes], work);
  start('status, server up', ['status', ...home]);
  start('(a bare script, 2 requests)', twoRequests());
  peak('update, 200 MB', ['update', second, ...home, ...yes], work);
  run(['service', 'stop', ...home]);
  report();
}

/** What node itself needs to look up two names and ask a server twice, as `status` does. */
function twoRequests() {
  const script = `
    let open = 2;
    for (const host of ['sandstorm.corp.lan', 'selftest-0123456789abcdef0123.sandstorm.corp.lan'])
      require('node:http').get({ host, port: 6080, agent: false }, (answer) =>
        answer.resume().on('end', () => --open === 0 && process.exit()));`;
  return { node: ['-e', script] };
}

/** Pairs, one after the other, so that what else the machine does hits both alike. */
function start(what, args) {
  const command = args.node ?? [tool, ...args];
  const pairs = Array.from({ length: PAIRS }, () => [time(['-e', '0']), time(command)]);
  const ours = median(pairs.map(([, mine]) => mine));
  const ratio = median(pairs.map(([base, mine]) => mine / base));
  rows.push([
    what,
    `${ratio.toFixed(2)} x node -e 0`,
    `${ours.toFixed(0)} ms`,
    args.node ? '' : 'at most 2.00',
  ]);
}

function time(args) {
  const began = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { env: environment() });
  const took = Number(process.hrtime.bigint() - began) / 1e6;
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}: ${stderr}`);
  return took;
}

function peak(what, args, work) {
  const file = join(work, 'peak');
  const { took } = run(args, ['--require', join(root, 'bench/peak.cjs')], { BENCH_PEAK_FILE: file });
  const megabytes = Number(readFileSync(file, 'utf8')) / 1024;
  rows.push([what, `${megabytes.toFixed(0)} MB`, `${(took / 1000).toFixed(1)} s`, 'at most 200 MB']);
}

function run(args, nodeArgs = [], more = {}) {
  const began = process.hrtime.bigint();
  const env = { ...environment(), ...more };
  const ran = spawnSync(process.execPath, [...nodeArgs, tool, ...args], { env, maxBuffer: 1 << 26 });
  if (ran.status !== 0) throw new Error(`${args.join(' ')}: exit ${ran.status}: ${ran.stdout}${ran.stderr}`);
  return { took: Number(process.hrtime.bigint() - began) / 1e6 };
}

/** Reading extra certificates would add the same to both sides and flatter the ratio. */
function environment() {
  const env = { ...process.env };
  delete env.NODE_EXTRA_CA_CERTS;
  return env;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

function report() {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const [what, figure, absolute, target] of rows) {
    console.log(
      `${what.padEnd(widths[0])}   ${figure.padStart(widths[1])}   ${absolute.padStart(widths[2])}   ${target}`.trimEnd(),
    );
  }
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
  const cache = join(root, '.cache/bench');
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
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(source).href) },
  });
  return import(pathToFileURL(outfile).href);
}
