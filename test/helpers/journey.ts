import { expect } from 'vitest';
import type { Container } from './container.js';

/** What the tool prints with --json. */
export interface Answer {
  readonly exitCode: number;
  readonly ok: boolean;
  readonly changed: boolean;
  readonly result: Record<string, unknown> | null;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

export const ADDRESS = [
  '--base-url',
  'http://sandstorm.test:6080',
  '--wildcard-host',
  '*.sandstorm.test:6080',
];
export const INSTALL = ['install', '/media/usb', '--yes', '--json', '--stable-for', '2', ...ADDRESS];
export const update = (...more: string[]): string[] => [
  'update',
  ...more,
  '--yes',
  '--json',
  '--stable-for',
  '2',
];

/** Runs the built tool in the container: exit code and the one object on stdout. */
export async function tool(box: Container, args: readonly string[]): Promise<Answer> {
  const ran = await box.run(['sandstorm-airgap', ...args], { timeoutMs: 300_000 });
  const lines = ran.stdout.trim().split('\n');
  expect(lines, ran.stderr).toHaveLength(1);
  return { ...(JSON.parse(lines[0] ?? '') as Omit<Answer, 'exitCode'>), exitCode: ran.exitCode };
}

export async function status(box: Container): Promise<Record<string, unknown>> {
  return (await tool(box, ['status', '--json'])).result ?? {};
}
