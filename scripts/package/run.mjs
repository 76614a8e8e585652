import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program to its end, its output as text. What it printed is in the error when it fails. */
export async function run(file, args, options = {}) {
  // Names sorted and numbers written alike on every machine.
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...options.env };
  const { stdout } = await promisify(execFile)(file, args, { maxBuffer: 1 << 26, ...options, env });
  return stdout;
}
