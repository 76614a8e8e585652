import { Worker } from 'node:worker_threads';
import { TOLD, type Fault } from './orders.js';

/**
 * Strikes when the time has come. From a thread of its own: the tool may be busy, and is not to be asked.
 */
export function strikeInTime({ at, does }: Fault, shared: string): void {
  if (!('ms' in at)) return;
  if (does.do === 'kill-child' || does.do === 'terminate') throw new Error('only at an effect');
  const asks = does.do === 'ask' ? does.forWhat : undefined;
  // As text: in the bundle there is no file of its own to point to.
  const script = `
    const { writeFileSync, renameSync } = require('node:fs');
    const { shared, asks, struck, asksName } = require('node:worker_threads').workerData;
    setTimeout(() => {
      writeFileSync(shared + '/' + struck, '');
      if (asks === undefined) process.kill(process.pid, 'SIGKILL');
      writeFileSync(shared + '/asks.part', asks);
      renameSync(shared + '/asks.part', shared + '/' + asksName);
    }, ${String(Math.max(0, at.ms - performance.now()))});`;
  const workerData = { shared, asks, struck: TOLD.struck, asksName: TOLD.asks };
  new Worker(script, { eval: true, workerData }).unref();
}
