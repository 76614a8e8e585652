import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { requireReal } from './real-parts.js';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether a real browser can be had here; see requireReal. */
export function browserThere(what: string): boolean {
  return requireReal(what, ['chromium']);
}

/** Debian's Chromium without a window, with a profile of its own. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** All that was asked of any server. */
  readonly requests: string[];
  /** Dialogs, errors, and what a page's policy forbade: each is a line. */
  readonly troubles: string[];
}

/** A visitor whom nobody knows yet. */
export async function visitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(30_000);
  const [requests, troubles]: [string[], string[]] = [[], []];
  context.on('request', (request) => requests.push(request.url()));
  context.on('console', (message) => troubles.push(`${message.type()}: ${message.text()}`));
  context.on('weberror', (error) => troubles.push(`error: ${error.error().message}`));
  context.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  // What a policy forbids is told to the page, also where it only reports.
  await context.addInitScript(
    "addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective, e.blockedURI))",
  );
  return { page: await context.newPage(), context, requests, troubles };
}
