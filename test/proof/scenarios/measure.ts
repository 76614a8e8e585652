import type { Effect } from '../faulty-tool/orders.js';
import type { Workshop } from '../machine/workshop.js';
import type { Scenario } from './scenario.js';

/** What the operation does when nothing fails, and how long it takes. */
export interface Measured {
  readonly effects: readonly Effect[];
  readonly ms: number;
}

export async function measure(shop: Workshop, { image, command, name }: Scenario): Promise<Measured> {
  const machine = await shop.machine(image);
  try {
    const began = performance.now();
    const { ran, effects } = await machine.faultyTool(command);
    const ms = performance.now() - began;
    if (ran?.exitCode !== 0) throw new Error(`${name} fails by itself: ${ran?.stdout ?? ''}`);
    return { effects, ms };
  } finally {
    await machine.scrap();
  }
}
