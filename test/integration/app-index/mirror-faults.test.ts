import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { faultyProxy } from '../../helpers/faulty-proxy.js';
import { mirroring, readPublished } from '../../helpers/mirroring.js';
import { requireNginx, serveByNginx } from '../../helpers/nginx.js';
import { makeUpstream, writeUpstream } from '../../helpers/upstream-index.js';

/* A large index on a real nginx, behind a network on which an eighth of all answers go wrong. */

const PACKAGES = 2000;
const SEED = Number(process.env.SANDSTORM_AIRGAP_MIRROR_SEED ?? 11);
const ready = requireNginx('a mirror of 2,000 packages');

describe.skipIf(!ready)('a mirror of 2,000 packages from a network with faults', { timeout: 300_000 }, () => {
  it('is whole in the end, and asks once when nothing has changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mirror-faults-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const apps = Array.from({ length: PACKAGES }, (_, at) => ({
      name: `App ${String(at)}`,
      bytes: 2_000 + at,
      screenshots: 0,
    }));
    await writeUpstream(join(folder, 'public'), makeUpstream(apps));
    const proxy = await faultyProxy(await serveByNginx(folder), SEED);

    const mirror = await mirroring(proxy.url);
    const first = await mirror.run({ attempts: 5 });
    console.log(`faults, seed ${String(SEED)}: ${JSON.stringify(proxy.made)}`);
    for (const [fault, count] of Object.entries(proxy.made)) expect(count, fault).toBeGreaterThan(20);
    // A server that sends other bytes for an id is not asked again at once: that is told, and the rest is published.
    expect(first.failed.length).toBeGreaterThan(20);
    expect(first.failed.filter(({ corrupt }) => !corrupt)).toEqual([]);
    expect((await readPublished(mirror.dir)).length).toBeGreaterThan(PACKAGES - 2 * first.failed.length);

    // Once more, and perhaps a third time: the second answer for some is spoilt as well.
    const further = [await mirror.run({ attempts: 5 }), await mirror.run({ attempts: 5 })];
    expect(further.at(-1)?.failed).toEqual([]);
    expect(await readPublished(mirror.dir)).toHaveLength(PACKAGES);

    proxy.behave();
    const before = proxy.asked.length;
    await mirror.run();
    expect(proxy.asked.slice(before)).toEqual(['GET /apps/index.json 304']);
  });
});
