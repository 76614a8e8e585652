import { join } from 'node:path';
import { trustKey } from '../../src/kit/key-store.js';
import { initIndex } from '../../src/operations/app-index/init.js';
import { createKit, previewKit } from '../../src/operations/kit/create.js';
import type { CreateWish } from '../../src/operations/kit/create-wish.js';
import { createKey } from '../../src/operations/kit/keys.js';
import { receiveKit } from '../../src/operations/kit/receive.js';
import { requestKit } from '../../src/operations/kit/request.js';
import { addTrust } from '../../src/release/signature/trust.js';
import type { SigningKey } from '../../src/rehearsal/signing-key.js';
import type { Host } from '../../src/system/host.js';
import { privateMachine } from './machine-host.js';
import { quietUi } from './mirroring.js';
import { servePublic } from './public-hosts.js';
import type { UpstreamFiles } from './upstream-index.js';

/** A connected machine with a key of its house, and what it can fetch. */
export async function connectedSide(published: UpstreamFiles, signing: SigningKey) {
  const { host: real, root, interrupt } = await privateMachine();
  const host: Host = { ...real, env: {}, clock: { ...real.clock, sleep: () => Promise.resolve() } };
  await addTrust(signing.name, 'signs the stand-ins', host);
  const key = await createKey({ file: undefined, name: 'house', dryRun: false }, host);
  const upstream = await servePublic(new Map(published));
  const whole = (wish: Partial<CreateWish>): CreateWish => ({
    path: join(root, 'kit'),
    release: { kind: 'newest' },
    installScript: undefined,
    keyFile: undefined,
    allowUnsigned: false,
    tool: undefined,
    packages: [],
    index: undefined,
    apps: { apps: [], categories: [] },
    allApps: false,
    hosts: upstream.hosts,
    channel: 'dev',
    offline: false,
    approach: { connections: 4, patienceMs: 5_000, minRate: 0, attempts: 3, allowedHosts: [] },
    signKey: undefined,
    purpose: '',
    expiresDays: undefined,
    split: undefined,
    request: undefined,
    base: undefined,
    templates: undefined,
    allowOlder: false,
    dryRun: false,
    ...wish,
  });
  return {
    host,
    root,
    key,
    upstream,
    interrupt,
    create: (wish: Partial<CreateWish> = {}) => createKit(whole(wish), host, quietUi),
    preview: (wish: Partial<CreateWish> = {}) => previewKit(whole({ ...wish, dryRun: true }), host),
  };
}

/** An offline server with an empty app index. */
export async function offlineSide(house: { readonly key: string; readonly name: string }) {
  const { host, root } = await privateMachine();
  const index = join(root, 'apps');
  await initIndex({ dir: index, title: 'House', servers: undefined, dryRun: false }, host);
  await trustKey(house, 'compared', host);
  return {
    host,
    root,
    index,
    receive: (path: string) => receiveKit({ path, index, allowOlder: false, dryRun: false }, host, quietUi),
    request: async () => {
      const file = join(root, 'server.request');
      const wish = { home: join(root, 'sandstorm'), file, index, dryRun: false };
      return { file, request: await requestKit(wish, host) };
    },
  };
}
