import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './host.js';

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: async (ms) => {
    await sleep(ms);
  },
};
