import { badValue, Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { WebTrouble, type Receiver, type WebAsk, type WebClient, type WebHead } from '../../system/web.js';
import { MOST_REDIRECTS, redirectTarget, type RedirectRule } from './redirects.js';
import { pauseAfter, restFor, retryAfter, type Retry } from './retry.js';

/** An index elsewhere, and how patiently it is asked. */
export interface Source {
  /** With a slash at its end. */
  readonly base: URL;
  readonly client: WebClient;
  readonly redirects: RedirectRule;
  readonly retry: Retry;
  readonly pace: Pick<WebAsk, 'patienceMs' | 'minRate'>;
  /** Aborted when we are told to stop, and when going on makes no sense. */
  readonly signal: AbortSignal;
}

/** What came is not what was asked for; why, for people. `again`: another try may bring it. */
export class Unfit extends Error {
  constructor(
    message: string,
    readonly again: boolean,
    /** Its contents are wrong, and not only its delivery. */
    readonly corrupt: boolean,
  ) {
    super(message);
  }
}

/** The base URL of an index. @throws Refusal E_BAD_VALUE, E_SECRET_ON_COMMAND_LINE */
export function parseIndexUrl(text: string, what: string): string {
  const expected = 'the address of an app index, such as https://app-index.sandstorm.io';
  if (!URL.canParse(text)) throw badValue(what, text, expected);
  const url = new URL(text);
  if (url.password !== '') {
    throw new Refusal('E_SECRET_ON_COMMAND_LINE', `${what}: an address with a password in it`, {
      hint: 'everybody on this machine can read a command line: give the address without it',
    });
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw badValue(what, text, expected);
  }
  return `${url.origin}${url.pathname.replace(/\/*$/, '')}`;
}

/** How often a file with wrong bytes is fetched again: once, as they may have been broken on the way. */
const TRIES_OF_WRONG = 2;

export interface Request {
  readonly method: WebAsk['method'];
  /** Below the base. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request with its redirects. @throws WebTrouble, Unfit, and whatever `receive` throws */
export async function askOnce(
  { base, client, redirects, pace, signal }: Source,
  { method, path, headers = {} }: Request,
  receive: (head: WebHead) => Receiver | undefined,
): Promise<WebHead> {
  let url = new URL(path, base);
  for (let followed = 0; followed <= MOST_REDIRECTS; followed += 1) {
    const head = await client.ask(url, { method, headers, signal, ...pace }, (answer) => {
      if (isRedirect(answer)) return undefined;
      const encoding = answer.headers['content-encoding'] ?? 'identity';
      if (answer.status < 300 && encoding !== 'identity')
        throw new Unfit(`it comes encoded (${encoding})`, false, false);
      return receive(answer);
    });
    if (!isRedirect(head)) return head;
    const next = redirectTarget(url, head.headers.location, redirects);
    if (typeof next === 'string') throw new Unfit(next, false, false);
    url = next;
  }
  throw new Unfit(`more than ${String(MOST_REDIRECTS)} redirects`, false, false);
}

/**
 * Tries until it works or makes no sense any more, with pauses in between. `attempt` resolves to the head of its answer,
 * or throws; statuses that may pass are tried again, others are the caller's to judge.
 */
export async function untilAnswered<T extends { readonly head: WebHead }>(
  { retry, signal }: Pick<Source, 'retry' | 'signal'>,
  { clock, log }: Host,
  attempt: () => Promise<T>,
): Promise<T> {
  let wrong = 0;
  for (let tries = 1; ; tries += 1) {
    const last = tries >= retry.attempts;
    let asked = 0;
    try {
      const answer = await attempt();
      if (last || !isPassing(answer.head.status)) return answer;
      asked = retryAfter(answer.head.headers['retry-after'], clock.now());
      log(`mirror: status ${String(answer.head.status)}, try ${String(tries)}`);
    } catch (error) {
      if (error instanceof Unfit && error.corrupt) wrong += 1;
      if (last || !mayPass(error) || wrong >= TRIES_OF_WRONG || signal.aborted) throw error;
      log(`mirror: ${error instanceof Error ? error.message : ''}, try ${String(tries)}`);
    }
    await restFor(pauseAfter(tries, retry.random, asked), clock, signal);
    if (signal.aborted) throw new WebTrouble('stopped', false);
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof WebTrouble ? error.passing : error instanceof Unfit && error.again;
}

/** Takes a small body into memory. @throws Unfit when it is larger than `most`: it may have no end. */
export function gather(pieces: Buffer[], most: number): Receiver {
  let length = 0;
  return (piece) => {
    length += piece.length;
    if (length > most) throw new Unfit(tooLarge(most), false, true);
    pieces.push(piece);
  };
}

export function tooLarge(most: number): string {
  return `it is larger than ${String(Math.round(most / 1024 ** 2))} MiB`;
}

/** Content-Length, where it says one. */
export function lengthOf({ headers }: WebHead): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function isRedirect({ status }: WebHead): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}
