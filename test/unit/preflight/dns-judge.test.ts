import { describe, expect, it } from 'vitest';
import type { CheckContext, Subject } from '../../../src/preflight/check.js';
import { dnsBase } from '../../../src/preflight/checks/dns-base.js';
import { dnsSameDomain } from '../../../src/preflight/checks/dns-same-domain.js';
import { dnsWildcard } from '../../../src/preflight/checks/dns-wildcard.js';
import { judgeBase, judgeWildcard, type Remark } from '../../../src/preflight/dns/judge.js';
import type { Observation, Origin } from '../../../src/preflight/dns/observe.js';
import { placeOf, type Wanted } from '../../../src/preflight/dns/place.js';
import { sentence } from '../../../src/preflight/dns/report.js';
import type { Dns, DnsAnswer } from '../../../src/system/host.js';
import { dnsContext } from '../../helpers/dns-context.js';

const wanted: Wanted = {
  own: ['127.0.0.1', '10.0.0.5', 'fd00::5'],
  bindIp: '0.0.0.0',
  expectAddress: undefined,
};
const nodata: DnsAnswer = { kind: 'nodata' };
const nxdomain: DnsAnswer = { kind: 'nxdomain' };
const is = (...addresses: string[]): DnsAnswer => ({ kind: 'addresses', addresses });

function seen(
  origin: Origin,
  from: string,
  ipv4: DnsAnswer,
  ipv6: DnsAnswer = ipv4.kind === 'addresses' ? nodata : ipv4,
  name = 's.corp.lan',
): Observation {
  return { source: { origin, name: from }, name, ipv4, ipv6 };
}
const lookup = (ipv4: DnsAnswer, ipv6?: DnsAnswer, name?: string) =>
  seen('lookup', 'this machine', ipv4, ipv6, name);
const system = (ipv4: DnsAnswer, ipv6?: DnsAnswer, name?: string) =>
  seen('system', '10.0.0.2', ipv4, ipv6, name);
const given = (ipv4: DnsAnswer, ipv6?: DnsAnswer, name?: string) =>
  seen('given', '10.0.0.3', ipv4, ipv6, name);
const said = (remarks: readonly Remark[]) => remarks.map((one) => `${one.level}: ${sentence(one)}`);
const base = (observations: readonly Observation[], how: Partial<Wanted> = {}) =>
  said(judgeBase(observations, { ...wanted, ...how }));

describe('judgeBase', () => {
  it('has nothing to say against one address everywhere', () => {
    expect(base([lookup(is('10.0.0.5')), system(is('10.0.0.5')), given(is('10.0.0.5'))])).toEqual([
      'note: s.corp.lan -> 10.0.0.5, this machine (from 10.0.0.2, 10.0.0.3 and this machine)',
    ]);
  });

  it('counts one wrong address among right ones', () => {
    expect(base([lookup(is('10.0.0.5')), system(is('10.0.0.5', '10.0.0.9'))])[0]).toBe(
      'fail: s.corp.lan -> 10.0.0.9, not this machine (from 10.0.0.2)',
    );
  });

  it('lets a server of resolv.conf be down while another answers, but not one that was given', () => {
    const good = [lookup(is('10.0.0.5')), given(is('10.0.0.5'))];
    expect(base([...good, system({ kind: 'timeout' })])[0]).toMatch(
      /^warn: no answer .* \(nothing within 5 s\)/,
    );
    const rest = [lookup(is('10.0.0.5')), system(is('10.0.0.5'))];
    expect(base([...rest, given({ kind: 'timeout' })])[0]).toMatch(/^fail: no answer/);
    expect(base([lookup(nxdomain), system({ kind: 'timeout' })])).toEqual([
      'fail: no answer for s.corp.lan from 10.0.0.2 (nothing within 5 s)',
    ]);
  });

  it('sees that only /etc/hosts has it, or only the servers', () => {
    expect(base([lookup(is('10.0.0.5')), system(nxdomain)])).toContain(
      'fail: only this machine knows s.corp.lan (/etc/hosts?), no DNS server says so: clients will not find it',
    );
    expect(base([lookup(nxdomain), given(is('10.0.0.5'))])[0]).toMatch(/^fail: this machine itself finds no/);
    expect(base([lookup(nxdomain)])).toEqual(['fail: no address for s.corp.lan, and no DNS server to ask']);
  });

  it("takes Debian's 127.0.1.1 in /etc/hosts lightly, and loopback in DNS not", () => {
    expect(
      base([lookup(is('127.0.1.1')), system(is('10.0.0.5'))]).every((one) => one.startsWith('note')),
    ).toBe(true);
    expect(base([lookup(is('127.0.0.1')), system(is('127.0.0.1'))])[0]).toMatch(/^warn: .*on themselves/);
    expect(
      base([lookup(is('127.0.0.1')), system(is('127.0.0.1'))], { bindIp: '127.0.0.1' }).every((one) =>
        one.startsWith('note'),
      ),
    ).toBe(true);
  });

  it('wants the server to listen where the name leads', () => {
    const both = [lookup(is('10.0.0.5')), system(is('10.0.0.5'))];
    expect(base(both, { bindIp: '10.0.0.6' })[0]).toMatch(/^fail: .*will listen on 10\.0\.0\.6 only/);
    expect(base(both, { bindIp: '127.0.0.1' })[0]).toMatch(/^warn: .*only a proxy here/);
    const only6 = [lookup(nodata, is('fd00::5')), system(nodata, is('fd00::5'))];
    expect(base(only6)[0]).toMatch(/^fail: .*on 0\.0\.0\.0 the server has no IPv6/);
    expect(base(only6, { bindIp: '::' })[0]).toMatch(/^note/);
    const mixed = [lookup(is('10.0.0.5')), system(is('10.0.0.5'), is('fd00::5'))];
    expect(base(mixed)[0]).toMatch(/^warn: .*has no IPv6/);
  });

  it('wants the expected address from DNS, and lets this machine see itself', () => {
    const behind = { expectAddress: '203.0.113.7' };
    const good = base([lookup(is('10.0.0.5')), system(is('203.0.113.7'))], behind);
    expect(good.every((one) => one.startsWith('note'))).toBe(true);
    expect(base([lookup(is('10.0.0.5')), system(is('10.0.0.5'))], behind)[0]).toMatch(
      /^fail: .*not 203\.0\.113\.7/,
    );
  });

  it('warns of an error in the other family', () => {
    expect(base([lookup(is('10.0.0.5')), system(is('10.0.0.5'), nxdomain)])[0]).toMatch(
      /^warn: asked for an IPv6 address .* 10\.0\.0\.2 gave an error \(nxdomain\)/,
    );
  });

  it('warns of two right answers', () => {
    const two = { own: [...wanted.own, '10.0.0.6'] };
    expect(base([lookup(is('10.0.0.5')), system(is('10.0.0.5')), given(is('10.0.0.6'))], two)[0]).toBe(
      'warn: the DNS servers disagree: 10.0.0.2 says 10.0.0.5; 10.0.0.3 says 10.0.0.6',
    );
  });
});

describe('judgeWildcard', () => {
  const names = ['a.s.corp.lan', 'b.s.corp.lan'] as const;
  const good = [lookup(is('10.0.0.5')), system(is('10.0.0.5'))];
  const all = (make: typeof system, ipv4: DnsAnswer, ipv6?: DnsAnswer) =>
    names.map((name) => make(ipv4, ipv6, name));

  it('is content when every made-up name leads where the base leads', () => {
    const found = judgeWildcard(
      [...all(lookup, is('10.0.0.5')), ...all(system, is('10.0.0.5'))],
      good,
      wanted,
    );
    expect(found.map(({ level }) => level)).toEqual(['note']);
  });

  it('does not take single records for a wildcard', () => {
    const mixed = [system(is('10.0.0.5'), undefined, names[0]), system(nxdomain, undefined, names[1])];
    expect(said(judgeWildcard([...all(lookup, is('10.0.0.5')), ...mixed], good, wanted))[0]).toBe(
      'fail: a.s.corp.lan has an address but b.s.corp.lan has none: single records, not a wildcard (from 10.0.0.2)',
    );
  });

  it('does not take a lost packet for a missing record', () => {
    const mixed = [
      system(is('10.0.0.5'), undefined, names[0]),
      system({ kind: 'timeout' }, undefined, names[1]),
    ];
    expect(said(judgeWildcard([...all(lookup, is('10.0.0.5')), ...mixed], good, wanted)).join()).toContain(
      'no answer for b.s.corp.lan from 10.0.0.2 (nothing within 5 s)',
    );
  });

  it('compares with the base: address and family', () => {
    const two = { ...wanted, own: [...wanted.own, '10.0.0.6'], bindIp: '::' };
    const other = [...all(lookup, is('10.0.0.6')), ...all(system, is('10.0.0.6'))];
    expect(said(judgeWildcard(other, good, two))[0]).toBe(
      'warn: s.corp.lan is 10.0.0.5, a.s.corp.lan is 10.0.0.6 (from 10.0.0.2)',
    );
    const six = [...all(lookup, nodata, is('fd00::5')), ...all(system, nodata, is('fd00::5'))];
    expect(said(judgeWildcard(six, good, two))[0]).toBe(
      'warn: s.corp.lan has only IPv4, names under the wildcard have only IPv6 (from 10.0.0.2)',
    );
  });
});

it('places an address whatever its spelling', () => {
  expect(placeOf('203.0.113.7', { ...wanted, expectAddress: '203.0.113.7' }, 'system')).toBe('right');
  expect(placeOf('fd00::5', { ...wanted, bindIp: 'FD00:0::5' }, 'system')).toBe('right');
});

describe('the checks, without anything to ask', () => {
  const silent: Dns = {
    query: () => Promise.reject(new Error('nobody may be asked')),
    lookup: () => Promise.reject(new Error('nobody may be asked')),
    systemServers: () => [],
    ownAddresses: () => [],
  };

  function without(key: 'baseUrl' | 'wildcardHost'): CheckContext {
    const { host, subject } = dnsContext(silent, {});
    const known = Object.entries(subject).filter(([name]) => name !== key);
    return { host, subject: Object.fromEntries(known) as unknown as Subject };
  }

  it('skip with a reason', async () => {
    const noBase = without('baseUrl');
    const noStar = without('wildcardHost');
    const address = dnsContext(silent, { baseUrl: 'http://10.0.0.5:6080' });
    for (const check of [dnsBase, dnsWildcard, dnsSameDomain]) {
      expect(await check.run(noBase)).toMatchObject({ status: 'skip' });
    }
    for (const check of [dnsWildcard, dnsSameDomain]) {
      expect(await check.run(noStar)).toMatchObject({ status: 'skip' });
    }
    expect(await dnsBase.run(address)).toMatchObject({ status: 'skip' });
    expect(await dnsWildcard.run(address)).toMatchObject({ status: 'skip' });
    // That one is no matter of DNS: an address and a wildcard cannot work together.
    expect(await dnsSameDomain.run(address)).toMatchObject({ status: 'fail' });
  });

  it('say what would fit', async () => {
    const context = dnsContext(silent, { wildcardHost: '*.sandstorm.corp.lan' });
    expect(await dnsSameDomain.run(context)).toMatchObject({
      status: 'fail',
      fix: ["--wildcard-host '*.sandstorm.corp.lan:6080'"],
    });
    expect(await dnsSameDomain.run(dnsContext(silent, {}))).toMatchObject({ status: 'pass' });
  });
});
