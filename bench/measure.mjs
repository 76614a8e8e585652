// What the benchmarks have in common: running the tool, pairs in one run, memory of all its processes, the table.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const tool = join(root, 'bin/sandstorm-airgap.js');
const rows = [];

/** Pairs, one after the other, so that what else the machine does hits both alike. `target` is the most it may be. */
export function pairs(what, count, base, mine, target) {
  const times = Array.from({ length: count }, () => [time(base.command), time(mine)]);
  const ratio = median(times.map(([theirs, ours]) => ours / theirs));
  const ours = median(times.map(([, one]) => one));
  const absolute = ours < 1000 ? `${ours.toFixed(0)} ms` : `${(ours / 1000).toFixed(1)} s`;
  rows.push([what, `${ratio.toFixed(2)} x ${base.name}`, absolute, target]);
}

export const toolCommand = (args) => [process.execPath, tool, ...args];

export function time([file, ...args]) {
  const began = process.hrtime.bigint();
  const { status, stderr } = spawnSync(file, args, { env: environment() });
  const took = Number(process.hrtime.bigint() - began) / 1e6;
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}: ${stderr}`);
  return took;
}

/** Memory of the tool with all that it started, at its worst moment. `most` is in megabytes. */
export async function peak(what, args, most) {
  const began = performance.now();
  const [file, ...rest] = toolCommand(args);
  const child = spawn(file, rest, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => (said = `${said}${text}`.slice(-4000)));
  const closed = once(child, 'close');
  let worst = 0;
  while (child.exitCode === null && child.signalCode === null) {
    worst = Math.max(worst, kilobytes(child.pid));
    await setTimeout(20);
  }
  const [status] = await closed;
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}: ${said}`);
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  rows.push([`${what}, memory`, `${(worst / 1024).toFixed(0)} MB`, took, `at most ${most} MB`]);
}

/** Of a process and all below it that run now, each at its own highest: no peak falls between two looks. */
function kilobytes(pid) {
  const read = (file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return ''; // It has just ended.
    }
  };
  const own = Number(/^VmHWM:\s+(\d+)/m.exec(read('status'))?.[1] ?? 0);
  const children = read(`task/${pid}/children`).split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + kilobytes(Number(child)), own);
}

/** A figure that was measured elsewhere. */
export function row(what, figure, absolute, target) {
  rows.push([what, figure, absolute, target]);
}

export function run(args) {
  time(toolCommand(args));
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

/** Prints what was measured since the last time. */
export function report() {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const [what, figure, absolute, target] of rows.splice(0)) {
    console.log(
      `${what.padEnd(widths[0])}   ${figure.padStart(widths[1])}   ${absolute.padStart(widths[2])}   ${target}`.trimEnd(),
    );
  }
}
