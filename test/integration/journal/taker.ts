/** Takes the lock again and again and says whether it was alone in there: STATE HOME SHARED ROUNDS (-1: once, for ever). */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../../src/journal/lock.js';
import { Refusal } from '../../../src/errors.js';
import { watchSignals } from '../../../src/system/interruption.js';
import { realHost } from '../../../src/system/real-host.js';

const [state = '', home = '', shared = '', rounds = '0'] = process.argv.slice(2);
const real = realHost(
  Object.assign(() => undefined, { hide: () => undefined }),
  watchSignals(),
);
const host = { ...real, layout: { ...real.layout, stateDir: state } };
const inside = join(shared, 'inside');

async function work(): Promise<void> {
  const alone = await open(inside, 'wx').catch(() => undefined);
  console.log(alone === undefined ? 'not alone' : 'in');
  await sleep(rounds === '-1' ? 60_000 : Math.random() * 8);
  await alone?.close();
  if (alone !== undefined) await rm(inside);
}

for (let round = 0; round < Math.abs(Number(rounds)); round += 1) {
  try {
    await withLock(home, 'update', host, work);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  await sleep(Math.random() * 20);
}
console.log('done');
