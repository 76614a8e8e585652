import { afterEach, describe, expect, it } from 'vitest';
import type { CheckResult, Subject } from '../../src/preflight/check.js';
import { dnsBase } from '../../src/preflight/checks/dns-base.js';
import { dnsWildcard } from '../../src/preflight/checks/dns-wildcard.js';
import { parseWildcardHost } from '../../src/server/addresses.js';
import { hostRecipes, passThroughRecipes, wildcardRecipes } from '../../src/server/dns-records.js';
import { systemDns } from '../../src/system/dns.js';
import { dnsFrom } from '../../src/system/dns-server.js';
import type { Dns } from '../../src/system/host.js';
import { dnsContext } from '../helpers/dns-context.js';
import { startDnsmasq, startNamed, startSilent, startUnbound, type RunningDns } from '../helpers/real-dns.js';
import { requireReal } from '../helpers/real-parts.js';

const real = requireReal('DNS checks against real servers', ['dnsmasq', 'unbound', 'named']);
const OWN = ['127.0.0.1', '10.20.0.5'];
const GOOD = ['sandstorm IN A 10.20.0.5', '*.sandstorm IN A 10.20.0.5'];

const running: RunningDns[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
async function up(server: Promise<RunningDns>): Promise<string> {
  const started = await server;
  running.push(started);
  return started.address;
}

/** This machine's resolv.conf names `servers`; getaddrinfo asks the first and has no /etc/hosts. */
function machine(...servers: readonly string[]): Dns {
  return { ...dnsFrom({ address: servers[0] ?? '' }, OWN), systemServers: () => servers };
}
function wildcard(dns: Dns, subject: Partial<Subject> = {}): Promise<CheckResult> {
  return dnsWildcard.run(dnsContext(dns, subject));
}
function base(dns: Dns, subject: Partial<Subject> = {}): Promise<CheckResult> {
  return dnsBase.run(dnsContext(dns, subject));
}

describe.runIf(real)('against real DNS servers', () => {
  it('is content with a zone that is right', async () => {
    const server = await up(startNamed('corp.lan', GOOD));
    expect(await base(machine(server))).toMatchObject({
      status: 'pass',
      lines: [`sandstorm.corp.lan -> 10.20.0.5, this machine (asked ${server})`],
    });
    expect(await wildcard(machine(server))).toMatchObject({
      status: 'pass',
      lines: [`*.sandstorm.corp.lan -> 10.20.0.5, this machine (asked ${server})`],
    });
  });

  it('takes a star in the middle from the wildcard of the whole domain', async () => {
    const star = { baseUrl: 'http://sandstorm.corp.lan', wildcardHost: 'ss-*.corp.lan' };
    const right = await up(startNamed('corp.lan', ['sandstorm IN A 10.20.0.5', '* IN A 10.20.0.5']));
    expect(await wildcard(machine(right), star)).toMatchObject({ status: 'pass' });

    // `ss-*` is no wildcard in DNS: named refuses the zone, or takes it for a name with a literal star.
    const record = ['sandstorm IN A 10.20.0.5', 'ss-* IN A 10.20.0.5'];
    const refused = await up(startNamed('corp.lan', record));
    expect((await wildcard(machine(refused), star)).lines[0]).toContain('(SERVFAIL');
    const literal = await up(startNamed('corp.lan', record, { checkNames: 'ignore' }));
    const found = await wildcard(machine(literal), star);
    expect(found.status).toBe('fail');
    expect(found.lines[0]).toMatch(
      /^no answer for ss-x[0-9a-f]{12}\.corp\.lan from 127\.0\.0\.1:\d+ \(NXDOMAIN\)$/,
    );
    expect(found.fix?.join('\n')).toContain('*.corp.lan. IN A 10.20.0.5');
    expect(found.fix?.join('\n')).toContain('nslookup ss-anything.corp.lan');
  });

  it('says NXDOMAIN and which record is missing', async () => {
    const server = await up(startNamed('corp.lan', ['sandstorm IN A 10.20.0.5']));
    expect(await base(machine(server))).toMatchObject({ status: 'pass' });
    const found = await wildcard(machine(server));
    expect(found.status).toBe('fail');
    expect(found.lines[0]).toMatch(/^no answer for x[0-9a-f]{12}\.sandstorm\.corp\.lan from .*\(NXDOMAIN\)$/);
    expect(found.fix).toContain(`on ${server} have this record:`);
    expect(found.fix).toContain('try on a client: nslookup anything.sandstorm.corp.lan');
  });

  it('tells a name without an address from no name', async () => {
    const records = ['sandstorm IN TXT "soon"', '*.sandstorm IN TXT "soon"'];
    const server = await up(startNamed('corp.lan', records));
    const said = `(the name is there, but without an address)`;
    expect((await base(machine(server))).lines[0]).toContain(said);
    expect((await wildcard(machine(server))).lines[0]).toContain(said);
  });

  it('finds the wrong address, and takes it when it was expected', async () => {
    const records = ['sandstorm IN A 10.20.0.5', '*.sandstorm IN A 10.20.0.77'];
    const server = await up(startNamed('corp.lan', records));
    const found = await wildcard(machine(server));
    expect(found.status).toBe('fail');
    expect(found.lines[0]).toContain('-> 10.20.0.77, not this machine (from ');
    expect(found.fix?.join('\n')).toContain('--expect-address 10.20.0.77');

    const proxied = await up(
      startNamed('corp.lan', ['sandstorm IN A 10.20.0.77', '*.sandstorm IN A 10.20.0.77']),
    );
    expect(await wildcard(machine(proxied), { expectAddress: '10.20.0.77' })).toMatchObject({
      status: 'pass',
    });
    expect(await base(machine(proxied), { expectAddress: '10.20.0.77' })).toMatchObject({ status: 'pass' });
  });

  it('finds single records where a wildcard should be', async () => {
    const [all, none] = [
      await up(startNamed('corp.lan', GOOD)),
      await up(startNamed('corp.lan', ['sandstorm IN A 10.20.0.5'])),
    ];
    // Made-up names cannot be put into a zone beforehand: the first one is asked where there is a wildcard.
    let lucky: string | undefined;
    const half: Dns = {
      ...machine(none),
      query: (_server, name, type) => {
        if (name.startsWith('x')) lucky ??= name;
        return systemDns.query(name === lucky ? all : none, name, type);
      },
    };
    expect((await wildcard(half)).lines.join('\n')).toMatch(/has an address but .* has none: single records/);
  });

  it('waits no longer than 8 s for a server that is silent, and says which', async () => {
    const [good, silent] = [await up(startNamed('corp.lan', GOOD)), await up(startSilent())];
    const began = performance.now();
    const [given, system] = await Promise.all([
      wildcard(machine(good), { resolvers: [silent] }),
      wildcard(machine(good, silent)),
    ]);
    expect(performance.now() - began).toBeLessThan(8000);
    // A server somebody asked us to try must answer; one of resolv.conf may be down for now.
    expect(given.status).toBe('fail');
    expect(given.lines[0]).toContain(`from ${silent} (nothing within 5 s)`);
    expect(given.fix?.join('\n')).toContain(`nslookup -port=${silent.split(':')[1] ?? ''} `);
    expect(system.status).toBe('warn');
  });

  it('tells refused and unreachable apart', async () => {
    const [good, closed] = [
      await up(startNamed('corp.lan', GOOD)),
      await up(startNamed('corp.lan', GOOD, { allowQuery: 'none' })),
    ];
    const refused = await wildcard(machine(good), { resolvers: [closed] });
    expect(refused.status).toBe('fail');
    expect(refused.lines[0]).toContain('(REFUSED');
    await Promise.all(running.splice(1).map((server) => server.stop()));
    const gone = await wildcard(machine(good), { resolvers: [closed] });
    expect(gone.lines[0]).toContain('(nothing listens there');
  });

  it('says SERVFAIL for a zone the server cannot load', async () => {
    const [good, broken] = [
      await up(startNamed('corp.lan', GOOD)),
      await up(startNamed('corp.lan', ['sandstorm IN A not-an-address'])),
    ];
    expect((await base(machine(good), { resolvers: [broken] })).lines[0]).toContain('(SERVFAIL');
  });

  it('sees servers that disagree', async () => {
    const [one, two] = [
      await up(startNamed('corp.lan', GOOD)),
      await up(
        startUnbound(
          'server:\n  local-zone: "sandstorm.corp.lan." redirect\n  local-data: "sandstorm.corp.lan. A 10.99.0.9"',
        ),
      ),
    ];
    const found = await wildcard(machine(one), { resolvers: [two] });
    expect(found.status).toBe('fail');
    expect(found.lines[0]).toContain('-> 10.99.0.9, not this machine');
    expect(found.lines.join('\n')).toContain(`${two} says 10.99.0.9; ${one} says 10.20.0.5`);
  });

  it('warns when base and wildcard have other kinds of address', async () => {
    const server = await up(startNamed('corp.lan', [...GOOD, 'sandstorm IN AAAA fd00::5']));
    const dns: Dns = { ...machine(server), ownAddresses: () => [...OWN, 'fd00::5'] };
    const found = await wildcard(dns, { bindIp: '::' });
    expect(found.status).toBe('warn');
    expect(found.lines[0]).toContain(
      'sandstorm.corp.lan has IPv4 and IPv6, names under the wildcard have only IPv4',
    );
  });

  it('sees a name that only /etc/hosts of this machine has', async () => {
    const server = await up(startNamed('corp.lan', ['other IN A 10.20.0.6']));
    const dns: Dns = { ...machine(server), lookup: () => Promise.resolve(['10.20.0.5']) };
    const found = await base(dns);
    expect(found.status).toBe('fail');
    expect(found.lines.join('\n')).toContain('only this machine knows sandstorm.corp.lan (/etc/hosts?)');
  });
});

describe.runIf(real)('dnsmasq without local= and without upstream', () => {
  it('gives an error for the other family, which is warned about', async () => {
    const server = await up(startDnsmasq(['address=/sandstorm.corp.lan/10.20.0.5']));
    const found = await wildcard(machine(server));
    expect(found.status).toBe('warn');
    expect(found.lines[0]).toContain('gave an error (refused) instead of "none"');
  });
});

describe.runIf(real)('a forwarder with rebinding protection', () => {
  it('empties the answer, and lets it through with what we print', async () => {
    const zone = await up(startNamed('corp.lan', GOOD));
    const [host = '', port = ''] = zone.split(':');
    const lines = (server: string) =>
      passThroughRecipes('sandstorm.corp.lan').find((recipe) => recipe.server === server)?.lines ?? [];
    const dnsmasq = (more: readonly string[]) =>
      startDnsmasq([`server=${host}#${port}`, 'stop-dns-rebind', ...more]);
    const unbound = (more: readonly string[]) =>
      startUnbound(`server:
  do-not-query-localhost: no
  private-address: 10.0.0.0/8
  local-zone: "corp.lan." transparent
stub-zone:
  name: "corp.lan"
  stub-addr: ${host}@${port}
${more.join('\n')}`);
    for (const [kind, start] of [
      ['dnsmasq', dnsmasq],
      ['unbound', unbound],
    ] as const) {
      const strict = await up(start([]));
      const found = await wildcard(machine(zone), { resolvers: [strict] });
      expect(found.lines[0]).toContain(`from ${strict} (the name is there, but without an address)`);
      expect(found.fix?.[0]).toContain(`if ${strict} forwards to another server`);
      expect(found.fix?.join('\n')).toContain(lines(kind).at(-1));
      const open = await up(start(lines(kind)));
      expect(await wildcard(machine(zone), { resolvers: [open] })).toMatchObject({ status: 'pass' });
    }
  });
});

describe.runIf(real)('the records we print, pasted as they are', () => {
  const patterns = [
    { text: '*.sandstorm.corp.lan:6080', names: ['a.sandstorm.corp.lan', 'b-2.sandstorm.corp.lan'] },
    { text: 'ss-*.corp.lan', names: ['ss-a.corp.lan', 'ss-b-2.corp.lan'] },
    { text: 'grain.*.corp.lan', names: ['grain.a.corp.lan', 'grain.b-2.corp.lan'] },
  ];
  const kinds = [
    { server: 'BIND', start: (lines: readonly string[]) => startNamed('corp.lan', lines) },
    { server: 'dnsmasq', start: startDnsmasq },
    { server: 'unbound', start: (lines: readonly string[]) => startUnbound(lines.join('\n')) },
  ] as const;

  for (const { server, start } of kinds) {
    for (const { text, names } of patterns) {
      for (const addresses of [['10.20.0.5'], ['10.20.0.5', 'fd00::5'], ['fd00::5']]) {
        it(`work in ${server}: ${text} -> ${addresses.join(', ')}`, async () => {
          const recipes = wildcardRecipes(parseWildcardHost(text), addresses);
          const lines = recipes.find((recipe) => recipe.server === server)?.lines ?? [];
          const address = await up(start(lines));
          for (const name of names) {
            for (const [type, family] of [
              ['A', false],
              ['AAAA', true],
            ] as const) {
              const wanted = addresses.filter((one) => one.includes(':') === family);
              // The family that was not given must be "none", never an error.
              expect(await systemDns.query(address, name, type)).toEqual(
                wanted.length === 0 ? { kind: 'nodata' } : { kind: 'addresses', addresses: wanted },
              );
            }
          }
        });
      }
    }

    it(`work in ${server}: one name`, async () => {
      const recipes = hostRecipes('sandstorm.corp.lan', ['10.20.0.5']);
      const lines = recipes.find((recipe) => recipe.server === server)?.lines ?? [];
      const address = await up(start(lines));
      const ask = (name: string, type: 'A' | 'AAAA') => systemDns.query(address, name, type);
      expect(await ask('sandstorm.corp.lan', 'A')).toEqual({ kind: 'addresses', addresses: ['10.20.0.5'] });
      expect(await ask('sandstorm.corp.lan', 'AAAA')).toEqual({ kind: 'nodata' });
    });
  }
});
