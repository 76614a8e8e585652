import type { Effect } from '../faulty-tool/orders.js';
import type { Workshop } from '../machine/workshop.js';
import type { Scenario } from './scenario.js';

/** What the operation does when nothing fails. */
export interface Measured {
  readonly effects: readonly Effect[];
  /** When the last effect was made, since the tool had started. */
  readonly lastMs: number;
}

export function measure(shop: Workshop, scenario: Scenario): Promise<Measured> {
  return shop.once(`measured-${scenario.name}`, () => watch(shop, scenario));
}

async function watch(shop: Workshop, { image, command, name }: Scenario): Promise<Measured> {
  const machine = await shop.machine(image);
  try {
    const { ran, effects } = await machine.faultyTool(command);
    if (ran?.exitCode !== 0) throw new Error(`${name} fails by itself: ${ran?.stdout ?? ''}`);
    return { effects, lastMs: effects.at(-1)?.ms ?? 0 };
  } finally {
    await machine.scrap();
  }
}
