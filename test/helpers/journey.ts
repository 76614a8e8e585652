import { expect } from 'vitest';
import type { SigningKey } from '../../src/rehearsal/signing-key.js';
import { typeKey } from '../../src/release/signature/keys.js';
import type { Container } from './container.js';
import { PROOF_FLAGS, signaturesBeside } from './release-under-test.js';

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
const COMMON = ['--yes', '--json', '--stable-for', '2', ...PROOF_FLAGS];
export const INSTALL = ['install', '/media/usb', ...COMMON, ...ADDRESS];
export const update = (...more: string[]): string[] => ['update', ...more, ...COMMON];

/** Copies a tarball into the container, and the signatures that lie beside it. */
export async function bring(box: Container, tarball: string, path: string): Promise<void> {
  await box.put(tarball, path);
  for (const end of signaturesBeside(tarball)) await box.put(tarball + end, path + end);
}

/** As an administrator does with a key of their own. */
export async function trust(box: Container, { name }: SigningKey): Promise<void> {
  await box.sh(`sandstorm-airgap trust add ${typeKey(name)} --reason 'signs the stand-ins'`);
}

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
