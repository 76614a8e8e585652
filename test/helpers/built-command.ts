import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { rawText } from '../../scripts/raw-text.mjs';
import { checkAnswer } from './answers.js';

export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
}

export interface BuiltCommand {
  /** Path of what node runs. */
  readonly file: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  remove(): Promise<void>;
}

/** The command as a user gets it, bundled into a folder of its own. Runs without a terminal. */
export async function buildCommand(): Promise<BuiltCommand> {
  const dir = await mkdtemp(join(tmpdir(), 'sandstorm-airgap-built-'));
  await bundle(new URL('../../src/main.ts', import.meta.url).pathname, dir);
  const file = join(dir, 'main.mjs');
  return {
    file,
    run: async (args, wish = {}) => {
      const ran = await start(file, dir, args, wish);
      checkAnswer(['sandstorm-airgap', ...args], ran.stdout);
      return ran;
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

function start(
  file: string,
  dir: string,
  args: readonly string[],
  { input, env = {} }: RunOptions,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, ...args], {
      env: { PATH: process.env.PATH, HOME: dir, SANDSTORM_AIRGAP_STATE_DIR: join(dir, 'state'), ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: 30_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (piece: Buffer) => (stdout += piece.toString()));
    child.stderr?.on('data', (piece: Buffer) => (stderr += piece.toString()));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** `main.mjs` and its pieces in that folder, from an entry point called main.ts. */
export async function bundle(entry: string, dir: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outdir: dir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.17',
    define: { SANDSTORM_AIRGAP_VERSION: '"1.2.3"' },
    plugins: [rawText],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
}
