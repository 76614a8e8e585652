import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Ran } from './built-command.js';

/**
 * Runs a program and watches the memory of it and all that it started, each process at its own highest, so
 * that no peak falls between two looks.
 */
export function runWithPeak(
  file: string,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<Ran & { readonly peakBytes: number }> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let peakBytes = 0;
    child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    const timer = setInterval(() => {
      if (child.pid !== undefined) peakBytes = Math.max(peakBytes, bytesOf(child.pid));
    }, 10);
    child.once('close', (exitCode) => {
      clearInterval(timer);
      resolve({ exitCode, stdout, stderr, peakBytes });
    });
  });
}

function bytesOf(pid: number): number {
  const own = Number(/^VmHWM:\s+(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0) * 1024;
  const children = read(pid, `task/${pid}/children`)
    .split(' ')
    .filter((child) => child !== '');
  return children.reduce((sum, child) => sum + bytesOf(Number(child)), own);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // It has just ended.
  }
}
