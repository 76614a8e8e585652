import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { covers } from '../../../src/identity/tls/names.js';
import { requireBrowser, startBrowser, type Browser } from '../../helpers/trusting-browser.js';
import { CertificateMaker, stamp, type CertificateWish } from '../../helpers/certificates.js';

/* What a real browser makes of names in certificates, and that our word for it is the same. */

const ready = requireBrowser('certificates in a real browser');

const maker = new CertificateMaker();
const root = maker.make({ cn: 'House Root', ca: true });
const any = maker.make({ cn: 'any', by: root });
let browser: Browser;

beforeAll(async () => {
  if (ready) browser = await startBrowser(root.certificateFile);
});
afterAll(async () => {
  maker.remove();
  if (ready) await browser.close();
});

async function visit(
  host: string,
  wish: CertificateWish,
): Promise<{ browser: boolean; ours: boolean; error: string }> {
  const made = maker.make({ by: root, sameKeyAs: any, cn: host, ...wish });
  // Level 0: this side, too, would rather not show a certificate signed with SHA-1.
  const server = createServer(
    { cert: made.certificate, key: made.key, ciphers: 'DEFAULT:@SECLEVEL=0' },
    (_, response) => response.end('welcome'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // One of its own: the error page of the visit before may still be loading.
  const page = await browser.page.context().newPage();
  try {
    const { port } = server.address() as AddressInfo;
    const url = `https://${host}:${String(port)}/`;
    const error = await page.goto(url).then(
      () => '',
      (reason: unknown) => /ERR_\w+/.exec(String(reason))?.[0] ?? String(reason),
    );
    return { browser: error === '', ours: covers(new X509Certificate(made.certificate), host), error };
  } finally {
    await page.close();
    await closed(server);
  }
}

function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

describe.skipIf(!ready)('in Chromium, which knows the house CA', { timeout: 60_000 }, () => {
  const NAME = 'ERR_CERT_COMMON_NAME_INVALID';
  it.each<[string, string, string]>([
    ['sandstorm.test', 'DNS:sandstorm.test', ''],
    ['x1.sandstorm.test', 'DNS:*.sandstorm.test', ''],
    ['ss-x1.sandstorm.test', 'DNS:*.sandstorm.test', ''],
    ['sandstorm.test', 'DNS:*.sandstorm.test', NAME],
    ['a.b.sandstorm.test', 'DNS:*.sandstorm.test', NAME],
    ['ss-x1.sandstorm.test', 'DNS:ss-*.sandstorm.test', NAME],
    ['x1-ss.sandstorm.test', 'DNS:*-ss.sandstorm.test', NAME],
    ['a.x1.sandstorm.test', 'DNS:a.*.sandstorm.test', NAME],
    ['sandstorm.test', 'DNS:wiki.test', NAME],
    ['sandstorm.test', 'email:nobody@sandstorm.test', NAME],
  ])('%s by %s: %j', async (host, san, error) => {
    expect(await visit(host, { san })).toEqual({ browser: error === '', ours: error === '', error });
  });

  it.each<[string, CertificateWish, RegExp]>([
    ['expired', { until: stamp(-0.5) }, /^ERR_CERT_DATE_INVALID$/],
    ['signed with SHA-1', { digest: 'sha1' }, /^ERR_CERT_(?:INVALID|WEAK_SIGNATURE_ALGORITHM)$/],
    ['for clients only', { usage: 'clientAuth' }, /^ERR_CERT_INVALID$/],
  ])('refuses what we call %s', async (_, wish, error) => {
    const { error: seen } = await visit('sandstorm.test', { san: 'DNS:sandstorm.test', ...wish });
    expect(seen).toMatch(error);
  });
});
