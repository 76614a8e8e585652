import { describe, expect, it } from 'vitest';
import { checkNetwork } from '../../../src/app-index/verify/check-network.js';
import { judgeAddress } from '../../../src/server/fetch-rules.js';
import { parseIndexUrl } from '../../../src/app-index/verify/index-url.js';
import { fakeHost } from '../../helpers/fake-host.js';

describe('what Sandstorm says to an address', () => {
  it.each([
    ['10.20.0.5', 'blacklisted', '10.0.0.0/8'],
    ['127.0.0.1', 'blacklisted', '127.0.0.0/8'],
    ['169.254.1.1', 'blacklisted', '169.254.0.0/16'],
    ['172.31.255.255', 'blacklisted', '172.16.0.0/12'],
    ['192.168.1.9', 'blacklisted', '192.168.0.0/16'],
    ['::1', 'blacklisted', '::1/128'],
    ['fd00::5', 'blacklisted', 'fc00::/7'],
    ['fe80::1', 'blacklisted', 'fe80::/10'],
    ['100.64.0.1', 'never', '100.64.0.0/10'],
    ['0.0.0.0', 'never', '0.0.0.0/8'],
    ['192.0.0.1', 'never', '192.0.0.0/24'],
    ['192.0.2.1', 'never', '192.0.2.0/24'],
    ['198.19.255.255', 'never', '198.18.0.0/15'],
    ['203.0.113.9', 'never', '203.0.113.0/24'],
    ['239.1.1.1', 'never', '224.0.0.0/4'],
    ['255.255.255.255', 'never', '240.0.0.0/4'],
    ['2001:db8::1', 'never', '2001:db8::/32'],
    ['2002::1', 'never', '2002::/16'],
    ['64:ff9b::a00:1', 'never', '64:ff9b::/96'],
  ])('%s is %s by %s', (address, kind, range) =>
    expect(judgeAddress(address)).toMatchObject({ kind, range }),
  );

  it.each(['172.32.0.1', '172.15.255.255', '11.0.0.1', '192.0.1.1', '100.128.0.1', '8.8.8.8', '2a00::1'])(
    '%s is one it fetches from',
    (address) => expect(judgeAddress(address)).toEqual({ kind: 'fetched' }),
  );

  it('says what is left of the setting once the range is out', () => {
    expect(judgeAddress('10.0.0.1')).toMatchObject({
      blacklist: [
        '127.0.0.0/8',
        '169.254.0.0/16',
        '172.16.0.0/12',
        '192.168.0.0/16',
        '::1/128',
        'fc00::/7',
        'fe80::/10',
      ],
    });
  });
});

describe('whether Sandstorm could fetch an index', () => {
  const check = async (
    url: string,
    addresses: readonly string[],
    tlsProblem?: string,
  ): Promise<unknown[]> => {
    const host = await fakeHost({
      dns: { lookup: () => Promise.resolve(addresses) },
      http: { get: () => Promise.resolve({ status: 200, headers: {}, body: '', tlsProblem }) },
    });
    return checkNetwork(new URL(url), host);
  };

  it('finds nothing to say of an ordinary one', async () =>
    expect(await check('http://apps.test', ['11.1.1.1'])).toEqual([]));

  it('names the line to take out of the setting for a private address', async () =>
    expect(await check('http://apps.corp.lan', ['10.20.0.5'])).toMatchObject([
      {
        level: 'warning',
        about: 'apps.corp.lan (10.20.0.5)',
        fix: expect.stringMatching(/^at \/admin\/networking take the line 10\.0\.0\.0\/8 out/) as string,
      },
    ]));

  it('knows that Sandstorm takes whichever address it may', async () =>
    expect(await check('http://apps.test', ['10.20.0.5', '11.1.1.1'])).toEqual([]));

  it('calls it a fault where no setting helps', async () =>
    expect(await check('http://apps.test', ['100.64.0.9'])).toMatchObject([
      { level: 'fault', kind: 'network' },
    ]));

  it('says that a name does not resolve', async () =>
    expect(await check('http://apps.test', [])).toMatchObject([{ level: 'fault', about: 'apps.test' }]));

  it("says that Sandstorm's Node would not trust the certificate", async () => {
    expect(await check('https://apps.test', ['11.1.1.1'], 'SELF_SIGNED_CERT_IN_CHAIN')).toMatchObject([
      { level: 'fault', problem: expect.stringContaining('SELF_SIGNED_CERT_IN_CHAIN') as string },
    ]);
    expect(await check('https://apps.test', ['11.1.1.1'])).toEqual([]);
  });
});

describe('the address of an index', () => {
  it.each([
    ['http://apps.corp.lan/', 'http://apps.corp.lan'],
    ['https://corp.lan/apps//', 'https://corp.lan/apps'],
    ['http://10.0.0.5:8080', 'http://10.0.0.5:8080'],
  ])('%s is entered as %s', (text, base) => expect(parseIndexUrl(text, 'URL')).toBe(base));

  it.each(['ftp://x', 'http://a:b@x', 'http://x/?q', 'http://x/#y', 'http://'])('refuses %s', (text) =>
    expect(() => parseIndexUrl(text, 'URL')).toThrow('is not an address'),
  );
});
