// The pause that people feel: from the last good answer to the first good one, as a client sees it that asks the
// self-test all the time. Upstream's recipe (stop, update, start) against `sandstorm-airgap update`, with a release
// of 180 MB and a database of 200 MB, on the same server one after the other.
import { spawn, spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DATABASE = 200 * 1024 * 1024;

/**
 * @param home of a running server of a lower build than the tarball's
 * @param update runs the tool's update to a higher one still, to its end
 * @returns milliseconds of each
 */
export async function pauses({ home, upstreamTarball, update }) {
  fillDatabase(join(home, 'var/mongo/filler'));
  const command = join(home, 'sandstorm');
  const upstream = await pauseDuring(() => {
    for (const args of [['stop'], ['update', upstreamTarball], ['start']]) mustRun(command, args);
  });
  const ours = await pauseDuring(update);
  return { upstream, ours };
}

async function pauseDuring(work) {
  const client = spawn(process.execPath, ['-e', CLIENT], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  client.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  await sleep(500);
  await work();
  // The server may still be on its way up when the command has ended.
  await sleep(8000);
  client.kill('SIGTERM');
  await once(client, 'close');
  const { longest, good } = JSON.parse(said);
  if (good < 10) throw new Error(`the client was answered ${good} times only`);
  return longest;
}

/** Asks every 20 ms and prints the longest time without a good answer. */
const CLIENT = `
  const { get } = require('node:http');
  const url = 'http://selftest-0123456789abcdef0123.sandstorm.corp.lan:6080/';
  let last = performance.now(), longest = 0, good = 0;
  const ask = () => {
    const next = () => setTimeout(ask, 20);
    const request = get(url, { agent: false, timeout: 1000 }, (answer) => {
      let text = '';
      answer.on('data', (piece) => (text += piece)).on('end', () => {
        if (text.trim() === 'Self-test OK.') {
          const now = performance.now();
          longest = Math.max(longest, now - last);
          last = now;
          good += 1;
        }
        next();
      });
    });
    request.on('timeout', () => request.destroy(new Error('timeout'))).on('error', next);
  };
  ask();
  process.on('SIGTERM', () => {
    process.stdout.write(JSON.stringify({ longest: Math.max(longest, performance.now() - last), good }));
    process.exit(0);
  });`;

function fillDatabase(path) {
  const file = openSync(path, 'w');
  const block = Buffer.allocUnsafe(1 << 20);
  for (let left = DATABASE; left > 0; left -= block.length) writeSync(file, randomFillSync(block));
  fsyncSync(file);
  closeSync(file);
}

function mustRun(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}: ${stderr}`);
}
