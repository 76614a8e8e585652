import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { BROWSER_ARGUMENTS } from './browser.js';
import { requireReal } from './real-parts.js';

// Whatever name is typed, nothing but this machine is asked.
const ONLY_HERE = '--host-resolver-rules=MAP * 127.0.0.1';

export function requireBrowser(what: string): boolean {
  return requireReal(what, ['chromium', 'certutil']);
}

export interface Browser {
  readonly page: Page;
  close(): Promise<void>;
}

/**
 * A Chromium with a profile of its own; every name leads to this machine.
 * @param ca file of a CA certificate that it trusts
 */
export async function startBrowser(ca?: string): Promise<Browser> {
  const home = await mkdtemp(join(tmpdir(), 'browser-'));
  if (ca !== undefined) await trustCa(home, ca);
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    env: { ...process.env, HOME: home },
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: [...BROWSER_ARGUMENTS, ONLY_HERE],
  });
  return {
    page: context.pages()[0] ?? (await context.newPage()),
    close: async () => {
      await context.close();
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** As an administrator does it on Linux: the user's own store of NSS. */
async function trustCa(home: string, ca: string): Promise<void> {
  const store = join(home, '.pki/nssdb');
  await mkdir(store, { recursive: true });
  execFileSync('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
  execFileSync('certutil', ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'house-ca', '-i', ca]);
}
