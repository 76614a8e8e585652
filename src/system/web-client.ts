import { setMaxListeners } from 'node:events';
import http, { type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { proxyFor } from './web-proxy.js';
import {
  WebTrouble,
  type Receiver,
  type WebAsk,
  type WebClient,
  type WebEnvironment,
  type WebHead,
} from './web.js';

/** A body that nobody wants is read to its end up to here: cheaper than another connection. */
const NOT_WORTH_CUTTING = 64 * 1024;

/**
 * node's own client: against nginx on loopback it was as fast as undici with 2,000 small and 20 large files, and
 * half a megabyte smaller.
 */
export function systemWebClient(connections: number, env: WebEnvironment): WebClient {
  const agents = new Map<string, Promise<Agent>>();
  const agentFor = (url: URL): Promise<Agent> => {
    const known = agents.get(url.origin) ?? makeAgent(url, connections, env);
    agents.set(url.origin, known);
    return known;
  };
  return {
    ask: async (url, ask, receive) => {
      // Each transfer listens to it; more than ten are no leak here.
      setMaxListeners(0, ask.signal);
      return transfer(url, ask, receive, await agentFor(url));
    },
    close: () => {
      for (const agent of agents.values()) void agent.then((one) => one.destroy());
    },
  };
}

async function makeAgent(url: URL, connections: number, env: WebEnvironment): Promise<Agent> {
  const options = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' } as const;
  const proxy = proxyFor(url, env);
  if (proxy === undefined)
    return url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
  if (url.protocol === 'https:') {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, options);
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(proxy, options);
}

function transfer(
  url: URL,
  ask: WebAsk,
  receive: (head: WebHead) => Receiver | undefined,
  agent: Agent,
): Promise<WebHead> {
  const { method, headers, signal } = ask;
  const client = url.protocol === 'https:' ? https : http;
  return new Promise<WebHead>((resolve, reject) => {
    const request = client.request(url, {
      method,
      agent,
      headers: { 'user-agent': 'sandstorm-airgap', 'accept-encoding': 'identity', ...headers },
    });
    const watch = new PaceWatch(ask, () => fail(new WebTrouble(watch.complaint(), true)));
    let settled = false;
    const settle = (how: () => void): void => {
      if (settled) return;
      settled = true;
      watch.end();
      signal.removeEventListener('abort', onAbort);
      how();
    };
    const fail = (error: unknown): void => {
      settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      request.destroy();
    };
    const onAbort = (): void => fail(new WebTrouble('stopped', false));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();

    request.once('error', (error) => fail(asTrouble(error)));
    request.once('response', (answer) => {
      watch.answered();
      const head: WebHead = { status: answer.statusCode ?? 0, headers: answer.headers as WebHead['headers'] };
      const done = (): void => settle(() => resolve(head));
      try {
        const receiver = receive(head);
        if (receiver === undefined) letGo(answer, request, done);
        else takeIn(answer, receiver, watch, done, fail);
      } catch (error) {
        fail(error);
      }
    });
    request.end();
  });
}

function letGo(answer: IncomingMessage, request: ClientRequest, done: () => void): void {
  answer.on('error', () => undefined);
  answer.resume();
  const length = Number(answer.headers['content-length'] ?? Infinity);
  const bodiless = request.method === 'HEAD' || answer.statusCode === 304;
  if (!bodiless && !(length <= NOT_WORTH_CUTTING)) request.destroy();
  done();
}

function takeIn(
  answer: IncomingMessage,
  receiver: Receiver,
  watch: PaceWatch,
  done: () => void,
  fail: (error: unknown) => void,
): void {
  let waiting: Promise<void> | undefined;
  answer.on('data', (piece: Buffer) => {
    watch.received(piece.length);
    try {
      const taken = receiver(piece);
      if (taken === undefined) return;
      // Not the server's fault, and no pace to complain of.
      answer.pause();
      watch.hold();
      waiting = taken.then(() => {
        waiting = undefined;
        watch.goOn();
        answer.resume();
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
  answer.once('end', () => void Promise.resolve(waiting).then(done));
  answer.once('error', (error) => fail(asTrouble(error)));
  answer.once('close', () => {
    if (!answer.complete) fail(new WebTrouble('connection closed in mid-answer', true));
  });
}

/** Gives up on a server that says nothing, or so little that it would take for ever. */
class PaceWatch {
  private readonly timer: NodeJS.Timeout;
  private bytes = 0;
  private isAnswered = false;
  private held = 0;
  private wasHeld = false;

  constructor(
    private readonly ask: Pick<WebAsk, 'patienceMs' | 'minRate'>,
    giveUp: () => void,
  ) {
    // After what has come in meanwhile: who was held up, by a busy machine or Ctrl-Z, must not blame the server.
    this.timer = setInterval(() => setImmediate(() => this.judge() || giveUp()), ask.patienceMs);
  }

  private judge(): boolean {
    const { patienceMs, minRate } = this.ask;
    const least = Math.max(1, (minRate * patienceMs) / 1000);
    const enough = this.wasHeld || (this.isAnswered && this.bytes >= least);
    this.bytes = 0;
    this.wasHeld = this.held > 0;
    return enough;
  }

  complaint(): string {
    const seconds = `${String(this.ask.patienceMs / 1000)} s`;
    return this.isAnswered ? `too slow: hardly a byte in ${seconds}` : `no answer within ${seconds}`;
  }

  answered(): void {
    this.isAnswered = true;
    this.timer.refresh();
  }

  received(bytes: number): void {
    this.bytes += bytes;
  }

  hold(): void {
    this.held += 1;
    this.wasHeld = true;
  }

  goOn(): void {
    this.held -= 1;
  }

  end(): void {
    clearInterval(this.timer);
  }
}

const PLAIN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed in mid-answer',
  EPIPE: 'connection closed in mid-answer',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve now',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  ETIMEDOUT: 'no answer',
};

/** Of TLS: asking again would show the same certificate. */
const LASTING = /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|HPE_|ENOTFOUND)/;

function asTrouble(error: NodeJS.ErrnoException): Error {
  if (error instanceof WebTrouble) return error;
  const code = error.code ?? '';
  return new WebTrouble(
    PLAIN[code] ?? (code.startsWith('HPE_') ? 'it does not speak HTTP' : error.message),
    !LASTING.test(code),
  );
}
