import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentUi } from '../../../src/cli/silent.js';
import { Refusal } from '../../../src/errors.js';
import { tlsCheck, type TlsReport } from '../../../src/operations/tls-check.js';
import { parseBaseUrl, parseWildcardHost } from '../../../src/server/addresses.js';
import type { ServedPair } from '../../../src/system/host.js';
import { CertificateMaker, stamp, type CertificateWish, type Made } from '../../helpers/certificates.js';
import { privateMachine } from '../../helpers/machine-host.js';

/* A zoo of certificates, made by openssl; each wrong one is to be named by what is wrong with it, and by nothing else. */

const maker = new CertificateMaker();
afterAll(() => maker.remove());

const NAMES = 'DNS:sandstorm.test,DNS:*.sandstorm.test';
const root = maker.make({ cn: 'House Root', ca: true });
const middle = maker.make({ cn: 'House Issuing', ca: true, by: root });
const stranger = maker.make({ cn: 'Other Root', ca: true });
const good = maker.make({ cn: 'good', san: NAMES, by: root });
/** Of the same key, so that there are not thirty to be made. */
const leaf = (wish: CertificateWish): Made =>
  maker.make({ cn: 'leaf', by: root, san: NAMES, sameKeyAs: good, ...wish });

interface Wish {
  readonly chain: readonly Made[];
  readonly key?: Made | null;
  readonly ca?: Made | null;
  readonly wildcard?: string;
  readonly base?: string;
  readonly password?: string;
}

async function check({
  chain,
  key,
  ca = root,
  wildcard = '*.sandstorm.test',
  base,
  password,
}: Wish): Promise<TlsReport> {
  const { host } = await privateMachine();
  const wish = {
    base: parseBaseUrl(base ?? 'https://sandstorm.test'),
    pattern: parseWildcardHost(wildcard),
    certificate: maker.write('chain.pem', chain.map(({ certificate }) => certificate).join('')),
    key: key === null ? undefined : (key ?? good).keyFile,
    ca: ca?.certificateFile,
    connect: undefined,
    warnDays: 30,
    password,
  };
  return tlsCheck(
    wish,
    host,
    silentUi(host.log, () => Promise.resolve(false)),
  );
}

const ids = ({ findings }: TlsReport, status: string): string[] =>
  findings.filter((one) => one.status === status).map(({ id }) => id);
const said = ({ findings }: TlsReport, id: string): string => {
  const found = findings.find((one) => one.id === id);
  return [...(found?.lines ?? []), ...(found?.fix ?? [])].join('\n');
};

beforeAll(() => chmodSync(good.keyFile, 0o600));

describe('right ones', () => {
  it.each<[string, Wish, string[]]>([
    ['signed by the root', { chain: [good] }, []],
    ['with an intermediate CA', { chain: [leaf({ by: middle }), middle] }, []],
    ['with the root at the end', { chain: [leaf({ by: middle }), middle, root] }, []],
    [
      'a star in the middle, and the wider entry',
      { chain: [leaf({ san: 'DNS:sandstorm.test,DNS:*.sandstorm.test' })], wildcard: 'ss-*.sandstorm.test' },
      [],
    ],
    [
      'an address',
      { chain: [leaf({ san: 'IP:10.20.0.5,DNS:*.sandstorm.test' })], base: 'https://10.20.0.5' },
      [],
    ],
    [
      'an elliptic key',
      (() => {
        const made = maker.make({ cn: 'curve', key: 'ec:P-256', by: root, san: NAMES });
        return { chain: [made], key: made };
      })(),
      ['tls.strength'],
    ],
    ['one that expires soon', { chain: [leaf({ until: stamp(10) })] }, ['tls.dates']],
    ['one for ten years', { chain: [leaf({ until: stamp(3650) })] }, ['tls.dates']],
    ['a CA that is not given', { chain: [good], ca: null }, ['tls.trust']],
    ['a certificate of another chain beside it', { chain: [good, stranger] }, ['tls.chain']],
    ['BASE_URL without https', { chain: [good], base: 'http://sandstorm.test' }, ['tls.base-url']],
  ])('%s', async (_, wish, warned) => {
    const report = await check(wish);
    expect({ failed: ids(report, 'fail'), warned: ids(report, 'warn') }).toEqual({ failed: [], warned });
    expect(ids(report, 'pass')).toContain('tls.handshake');
  });

  it('lists what the gateway would speak, for both names', async () => {
    const report = await check({ chain: [good] });
    expect(said(report, 'tls.handshake')).toMatch(/sandstorm\.test and x[0-9a-f]{20}\.sandstorm\.test/);
    expect(said(report, 'tls.ciphers')).toMatch(/^TLSv1\.3: \S+\nTLSv1\.2: (ECDHE-RSA-[A-Z0-9-]+(, )?){3}$/);
  });
});

describe('wrong ones, each by its name', () => {
  const noCa = { ca: null } as const;
  it.each<[string, Wish, string[], string, string]>([
    [
      'expired',
      { chain: [leaf({ from: stamp(-30), until: stamp(-1) })] },
      ['tls.dates', 'tls.handshake'],
      'tls.dates',
      'expired on',
    ],
    [
      'not yet',
      { chain: [leaf({ from: stamp(1) })] },
      ['tls.dates', 'tls.handshake'],
      'tls.dates',
      'valid only from',
    ],
    [
      'wrong host',
      { chain: [leaf({ san: 'DNS:wiki.test,DNS:*.sandstorm.test' })] },
      ['tls.base-name'],
      'tls.base-name',
      'not for sandstorm.test',
    ],
    [
      'no wildcard',
      { chain: [leaf({ san: 'DNS:sandstorm.test' })] },
      ['tls.wildcard-name'],
      'tls.wildcard-name',
      'DNS:*.sandstorm.test',
    ],
    [
      'wildcard alone',
      { chain: [leaf({ san: 'DNS:*.sandstorm.test' })] },
      ['tls.base-name'],
      'tls.base-name',
      'DNS:sandstorm.test',
    ],
    [
      'wildcard two deep',
      { chain: [leaf({ san: NAMES })], wildcard: '*.apps.sandstorm.test' },
      ['tls.wildcard-name'],
      'tls.wildcard-name',
      'one label, not for two',
    ],
    [
      'star in the middle of a label',
      {
        chain: [leaf({ san: 'DNS:sandstorm.test,DNS:ss-*.sandstorm.test' })],
        wildcard: 'ss-*.sandstorm.test',
      },
      ['tls.wildcard-name'],
      'tls.wildcard-name',
      'no browser takes',
    ],
    [
      'star in the second label',
      { chain: [good], wildcard: 'a.*.sandstorm.test' },
      ['tls.wildcard-name'],
      'tls.wildcard-name',
      'no certificate can cover',
    ],
    [
      'star before a top-level name',
      { chain: [leaf({ san: 'DNS:sandstorm.test,DNS:*.test' })], wildcard: 'ss-*.test' },
      ['tls.wildcard-name'],
      'tls.wildcard-name',
      'no certificate can cover',
    ],
    [
      'common name only',
      { chain: [maker.make({ cn: 'sandstorm.test', by: root, sameKeyAs: good })] },
      ['tls.base-name', 'tls.wildcard-name'],
      'tls.base-name',
      'only the common name sandstorm.test',
    ],
    [
      'chain incomplete',
      { chain: [leaf({ by: middle })] },
      ['tls.chain', 'tls.trust', 'tls.handshake'],
      'tls.chain',
      'House Issuing',
    ],
    [
      'wrong order',
      { chain: [leaf({ by: middle }), root, middle] },
      ['tls.chain'],
      'tls.chain',
      'leaf, then House Issuing, then House Root',
    ],
    [
      'CA first',
      { chain: [middle, leaf({ by: middle })] },
      ['tls.base-name', 'tls.wildcard-name', 'tls.chain', 'tls.key'],
      'tls.chain',
      'begins with the CA',
    ],
    ['key of another', { chain: [good], key: middle }, ['tls.key'], 'tls.key', 'another certificate'],
    [
      'weak key',
      (() => {
        const made = maker.make({ key: 'rsa:1024', by: root, san: NAMES });
        return { chain: [made], key: made };
      })(),
      ['tls.strength'],
      'tls.strength',
      '1024 bits',
    ],
    [
      'curve of bitcoins',
      (() => {
        const made = maker.make({ key: 'ec:secp256k1', by: root, san: NAMES });
        return { chain: [made], key: null };
      })(),
      ['tls.strength'],
      'tls.strength',
      'secp256k1',
    ],
    [
      'SHA-1',
      { chain: [leaf({ digest: 'sha1' })], key: null },
      ['tls.strength'],
      'tls.strength',
      'signed with SHA-1',
    ],
    [
      'self-signed',
      { chain: [maker.make({ cn: 'self', san: NAMES, sameKeyAs: good })] },
      ['tls.trust', 'tls.handshake'],
      'tls.trust',
      'nobody but itself',
    ],
    [
      'self-signed, no CA given',
      { chain: [maker.make({ cn: 'self', san: NAMES, sameKeyAs: good })], ...noCa },
      ['tls.trust'],
      'tls.trust',
      'nobody but itself',
    ],
    [
      'CA not trusted',
      { chain: [leaf({ by: stranger }), stranger] },
      ['tls.trust', 'tls.handshake'],
      'tls.trust',
      'Other Root is not among House Root',
    ],
    [
      'for clients only',
      { chain: [leaf({ usage: 'clientAuth' })] },
      ['tls.usage', 'tls.handshake'],
      'tls.usage',
      'serverAuth',
    ],
  ])('%s', async (_, wish, failed, id, words) => {
    const report = await check(wish);
    expect(ids(report, 'fail')).toEqual(failed);
    expect(said(report, id)).toContain(words);
  });

  it('a key that others may read, and one that stands in the certificate file', async () => {
    const open = leaf({});
    chmodSync(open.keyFile, 0o644);
    const both = { ...open, certificate: open.certificate + open.key };
    expect(ids(await check({ chain: [both], key: open }), 'warn')).toEqual(['tls.key-mode', 'tls.file']);
  });

  it('an encrypted key: only with PRIVATE_KEY_PASSWORD', async () => {
    const { host } = await privateMachine();
    const locked = maker.write('locked.pem', '');
    await host.commands.run('openssl', [
      'pkey',
      '-in',
      good.keyFile,
      '-aes256',
      '-passout',
      'pass:sesame',
      '-out',
      locked,
    ]);
    const key = { ...good, keyFile: locked };
    expect(said(await check({ chain: [good], key }), 'tls.key')).toContain(
      'there is no PRIVATE_KEY_PASSWORD',
    );
    expect(said(await check({ chain: [good], key, password: 'wrong' }), 'tls.key')).toContain(
      'does not open it',
    );
    expect(ids(await check({ chain: [good], key, password: 'sesame' }), 'fail')).toEqual([]);
  });
});

describe('files that are none', () => {
  const der = Buffer.from(good.certificate.replace(/-----.*-----|\s/g, ''), 'base64').toString('latin1');
  it.each([
    ['binary', der, 'openssl x509 -inform der'],
    [
      'a request',
      '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n',
      'house CA',
    ],
    ['a key', good.key, 'PEM'],
    ['damaged', good.certificate.replace(/\n.{10}/, '\n'), 'copy it again'],
    ['no base64', '-----BEGIN CERTIFICATE-----\n<html>\n-----END CERTIFICATE-----\n', 'copy it again'],
    ['without an end', '-----BEGIN CERTIFICATE-----\nMIIB\n'.repeat(2000), 'PEM'],
    ['far too many', good.certificate.repeat(30), 'PEM'],
    ['nothing', '', 'PEM'],
  ])('%s', async (_, text, hint) => {
    const { host } = await privateMachine();
    const path = maker.write('none.pem', '');
    await host.files.writeAtomic(path, Buffer.from(text, 'latin1'));
    const wish = { chain: [], key: null };
    const refusal: unknown = await check({ ...wish, chain: [{ ...good, certificate: text }] }).catch(
      (e: unknown) => e,
    );
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: 'E_TLS_FORMAT' });
    expect((refusal as Refusal).hint).toContain(hint);
  });
});

describe('a server that runs', () => {
  const pairOf = ({ certificate, key }: Made, more: Partial<ServedPair> = {}): ServedPair => ({
    chain: certificate,
    key,
    ...more,
  });
  async function connected(pair: ServedPair, certificate?: Made): Promise<TlsReport> {
    const { host } = await privateMachine();
    return host.tls.serving(pair, (port) =>
      tlsCheck(
        {
          base: parseBaseUrl('https://sandstorm.test'),
          pattern: parseWildcardHost('*.sandstorm.test'),
          certificate: certificate?.certificateFile,
          key: undefined,
          ca: root.certificateFile,
          connect: { host: '127.0.0.1', port },
          warnDays: 30,
          password: undefined,
        },
        host,
        silentUi(host.log, () => Promise.resolve(false)),
      ),
    );
  }

  it('is judged by what it sends, and how it encrypts', async () => {
    const report = await connected(pairOf(good));
    expect(ids(report, 'fail')).toEqual([]);
    expect(ids(report, 'pass')).toEqual(expect.arrayContaining(['tls.served', 'tls.trust', 'tls.chain']));
  });

  it('sends an incomplete chain', async () => {
    const report = await connected(pairOf(leaf({ by: middle })));
    expect(ids(report, 'fail')).toEqual(['tls.chain', 'tls.trust']);
  });

  it('sends another certificate than the file', async () => {
    const report = await connected(pairOf(leaf({})), good);
    expect(ids(report, 'fail')).toEqual(['tls.served']);
  });

  it('speaks TLS of the last century', async () => {
    const old = await connected(pairOf(good, { minVersion: 'TLSv1', ciphers: 'AES128-SHA:@SECLEVEL=0' }));
    expect(said(old, 'tls.ciphers')).toContain('TLSv1.1 and TLSv1 is out of date');
    const lasting = await connected(pairOf(good, { minVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }));
    expect(said(lasting, 'tls.ciphers')).toContain('without forward secrecy: AES128-GCM-SHA256');
  });

  it('is none', async () => {
    const { host } = await privateMachine();
    const port = await host.tls.serving(pairOf(good), (one) => Promise.resolve(one));
    const shaken = await host.tls.handshake('127.0.0.1', port);
    expect(shaken).toMatchObject({ done: false, refused: false });
  });
});
