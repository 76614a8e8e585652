import { accessLine } from '../../app-index/serve/access-log.js';
import { siteAnswerer } from '../../app-index/serve/respond.js';
import { indexLayout } from '../../app-index/layout.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import type { ListenAt } from '../../system/web.js';

/** So long a download that is going on may take once we are told to stop. */
const GRACE_MS = 10_000;

export interface ServingIndex {
  readonly dir: string;
  readonly address: string;
  readonly port: number;
  readonly url: string;
  /** Ends when the tool is told to stop, downloads in hand brought to their end. */
  untilStopped(): Promise<void>;
}

/** Serves what is published in `dir` over HTTP. @throws Refusal E_INDEX_UNPUBLISHED, E_IO */
export async function serveIndex(
  dir: string,
  at: ListenAt,
  host: Host,
  onRequest: (line: string) => void,
): Promise<ServingIndex> {
  await requirePublished(dir, host);
  const server = await host.web.serve(at, siteAnswerer(dir, host), (served) =>
    onRequest(accessLine(served, host.clock.now())),
  );
  const { address, port } = server;
  const name = address.includes(':') ? `[${address}]` : address;
  return {
    dir,
    address,
    port,
    url: `http://${name}:${String(port)}`,
    untilStopped: () =>
      host.unbroken(async () => {
        await told(host.interrupted);
        await server.close(GRACE_MS);
      }),
  };
}

async function requirePublished(dir: string, host: Host): Promise<void> {
  const root = await host.files.realPath(indexLayout(dir).public);
  if (root !== undefined && (await host.files.stat(root))?.kind === 'directory') return;
  throw new Refusal('E_INDEX_UNPUBLISHED', `nothing is published in ${dir}`, {
    hint: `sandstorm-airgap index build ${dir}, or index mirror URL ${dir}`,
  });
}

function told(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
