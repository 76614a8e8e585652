import { readStore } from '../../app-index/store.js';
import { readDocument } from '../../app-index/document.js';
import { readKeys } from '../../kit/key-store.js';
import { kitPlaces } from '../../kit/places.js';
import { readReceipts } from '../../kit/receipts.js';
import {
  rememberRequest,
  REQUEST_FORMAT,
  requestText,
  type KitRequest,
  type RequestedPackage,
} from '../../kit/request.js';
import { ownVersion } from '../../own-version.js';
import { judgeHome, observeHome } from '../../server/home-state.js';
import type { Host } from '../../system/host.js';
import { randomHex } from '../../system/random.js';
import { withKitLock } from './kit-lock.js';

export interface RequestWish {
  readonly home: string;
  /** File that is written, replacing what is there. */
  readonly file: string;
  readonly index: string | undefined;
  readonly dryRun: boolean;
}

/**
 * Writes down what this server has, for a kit with what it lacks.
 * @throws Refusal E_INDEX_MISSING, E_INDEX_DOCUMENT, E_TRUST_STORE, E_KIT_RECEIPT, E_BUSY, E_IO
 */
export async function requestKit(wish: RequestWish, host: Host): Promise<KitRequest> {
  const request = await lookAround(wish, host);
  if (wish.dryRun) return request;
  return withKitLock('kit request', host, async () => {
    // First: a file that is carried away and not remembered here would bring back a kit that nobody takes in.
    await rememberRequest(request, host);
    await host.files.writeAtomic(wish.file, requestText(request));
    return request;
  });
}

async function lookAround({ home, index }: RequestWish, host: Host): Promise<KitRequest> {
  const state = judgeHome(await observeHome(home, host));
  const receipts = await readReceipts(host);
  const has = new Set<string>();
  for (const { path, sha256, size } of receipts.flatMap(({ files }) => files)) {
    if (path !== null && (await host.files.lstat(path))?.size === size) has.add(sha256);
  }
  return {
    format: REQUEST_FORMAT,
    id: randomHex(16),
    created: host.clock.now().toISOString(),
    madeWith: ownVersion(),
    build: state.kind === 'server' ? state.build : null,
    free: (await host.files.freeSpace(kitPlaces(host).root)).free,
    packages: index === undefined ? [] : await packagesIn(index, host),
    has: [...has].sort(),
    kits: receipts.map(({ kit }) => kit),
    trusts: (await readKeys(host)).filter(({ revoked }) => revoked === null).map(({ key }) => key),
  };
}

async function packagesIn(index: string, host: Host): Promise<readonly RequestedPackage[]> {
  await readDocument(index, host);
  const { records } = await readStore(index, host);
  return records.map(({ record: { entry } }) => ({
    packageId: entry.packageId,
    appId: entry.appId,
    versionNumber: entry.versionNumber,
  }));
}
