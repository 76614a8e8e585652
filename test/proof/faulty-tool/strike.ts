import { appendFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOLD, type Ask, type Deed, type Effect } from './orders.js';

/** All of it without giving way: what is told here is told before anything else happens in the tool. */
export function tellEffect(shared: string, effect: Effect): void {
  appendFileSync(join(shared, TOLD.effects), `${JSON.stringify(effect)}\n`);
}

export function tellStruck(shared: string): void {
  writeFileSync(join(shared, TOLD.struck), '');
}

export function strike(deed: Exclude<Deed, { do: 'kill-child' }>, shared: string): void {
  tellStruck(shared);
  switch (deed.do) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      // It is on its way, and whoever waits for it here does nothing else meanwhile.
      standStill(() => false);
      break;
    case 'terminate':
      process.kill(process.pid, 'SIGTERM');
      break;
    case 'ask':
      ask(deed.forWhat, shared);
      break;
  }
}

/** Until the test has done it; after a power cut nobody comes back. */
function ask(forWhat: Ask, shared: string): void {
  const path = join(shared, TOLD.asks);
  writeFileSync(`${path}.part`, forWhat);
  renameSync(`${path}.part`, path);
  standStill(() => !existsSync(path));
}

function standStill(isOver: () => boolean): void {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (!isOver()) Atomics.wait(nothing, 0, 0, 3);
}
