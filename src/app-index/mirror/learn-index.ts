import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { WebTrouble } from '../../system/web.js';
import type { Memory } from './memory.js';
import { askOnce, gather, Unfit, untilAnswered, type Source } from './source.js';
import { parseUpstreamIndex, type Upstream } from './upstream.js';

/** A thousand apps take about a megabyte. */
const LARGEST_INDEX = 32 * 1024 * 1024;

export interface Learned extends Upstream {
  readonly etag: string | undefined;
  /** It is the one that was read last time. */
  readonly unchanged: boolean;
}

/**
 * Asks for apps/index.json, only if it changed since `memory` was kept.
 * @throws Refusal E_MIRROR_UNREACHABLE, E_MIRROR_NO_INDEX
 */
export async function learnIndex(source: Source, memory: Memory | undefined, host: Host): Promise<Learned> {
  // Of another address the tag says nothing.
  const known = memory?.url === addressOf(source) ? memory : undefined;
  const headers = known?.etag === undefined ? {} : { 'if-none-match': known.etag };
  let pieces: Buffer[] = [];
  const { head } = await untilAnswered(source, host, async () => {
    pieces = [];
    const request = { method: 'GET', path: 'apps/index.json', headers } as const;
    return {
      head: await askOnce(source, request, ({ status }) =>
        status === 200 ? gather(pieces, LARGEST_INDEX) : undefined,
      ),
    };
  }).catch((error: unknown) => {
    throw notReached(source, error);
  });
  if (head.status === 304 && known !== undefined) {
    return { entries: known.entries, refused: [], etag: known.etag, unchanged: true };
  }
  if (head.status !== 200) throw unreachable(source, `status ${String(head.status)}`, undefined);
  const upstream = parseUpstreamIndex(Buffer.concat(pieces).toString('utf8'));
  if (upstream === undefined) throw noIndex(source, 'what comes is not JSON with a list of apps');
  return { ...upstream, etag: head.headers.etag, unchanged: false };
}

/** The base URL as it was given. */
export function addressOf({ base }: Pick<Source, 'base'>): string {
  return base.href.replace(/\/$/, '');
}

function notReached(source: Source, error: unknown): unknown {
  if (error instanceof WebTrouble) return unreachable(source, error.message, error);
  return error instanceof Unfit ? noIndex(source, error.message) : error;
}

function unreachable(source: Source, why: string, cause: unknown): Refusal {
  return new Refusal('E_MIRROR_UNREACHABLE', `${addressOf(source)} cannot be read: ${why}`, {
    hint: `look at ${addressOf(source)}/apps/index.json from this machine; behind a proxy, set https_proxy`,
    cause,
  });
}

function noIndex(source: Source, why: string): Refusal {
  return new Refusal('E_MIRROR_NO_INDEX', `${addressOf(source)}/apps/index.json is no app index: ${why}`, {
    hint: 'the address is the one below which apps/ and packages/ lie: https://app-index.sandstorm.io',
  });
}
