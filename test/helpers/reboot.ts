import { join } from 'node:path';
import { status } from '../../src/operations/status.js';
import type { ThrowAwayServer } from './throw-away-server.js';
import { until } from './until.js';

/** The machine comes up again: systemd starts whatever `latest` names. It need not come up. */
export async function reboot({ world: { home }, host }: ThrowAwayServer): Promise<void> {
  await host.commands.run(join(home, 'sandstorm'), ['stop']);
  await host.commands.run(join(home, 'sandstorm'), ['start']);
}

/** `start` returns long before the server is up, and opens its data meanwhile. */
export async function isUp({ world: { home }, host }: ThrowAwayServer): Promise<void> {
  await until('the server is up', async () => (await status(home, host)).healthy);
}
