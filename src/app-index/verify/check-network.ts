import type { Host } from '../../system/host.js';
import { onNetwork, fault, warning, type Finding } from './finding.js';
import { judgeAddress } from '../../server/fetch-rules.js';

/**
 * Whether Sandstorm would fetch from there, as this machine resolves names: its rules on addresses, and whether its
 * Node would trust the certificate.
 */
export async function checkNetwork(base: URL, host: Host): Promise<Finding[]> {
  const name = base.hostname.replace(/^\[|\]$/g, '');
  const addresses = await host.dns.lookup(name).catch(() => []);
  const findings =
    addresses.length === 0
      ? [
          fault(
            name,
            'the name does not resolve on this machine',
            'add it to the DNS that the Sandstorm server asks',
          ),
        ]
      : judgeAll(name, addresses);
  const certificate = base.protocol === 'https:' ? await checkCertificate(base, host) : [];
  return [...findings, ...certificate].map(onNetwork);
}

/** Sandstorm takes the first address that it may. */
function judgeAll(name: string, addresses: readonly string[]): Finding[] {
  const verdicts = addresses.map((address) => ({ address, ...judgeAddress(address) }));
  if (verdicts.some(({ kind }) => kind === 'fetched')) return [];
  const blacklisted = verdicts.find((one) => one.kind === 'blacklisted');
  if (blacklisted !== undefined) {
    const { address, range, blacklist } = blacklisted;
    return [
      warning(
        name === address ? name : `${name} (${address})`,
        `a private address: Sandstorm does not fetch from ${range} unless its setting was changed`,
        `at /admin/networking take the line ${range} out of the IP blacklist, so that it holds: ${blacklist.join(' ')}`,
      ),
    ];
  }
  return verdicts.flatMap((one) =>
    one.kind === 'never'
      ? [
          fault(
            name === one.address ? name : `${name} (${one.address})`,
            `Sandstorm never fetches from ${one.range} (${one.what}), and no setting changes that`,
            'give the index an address of another range, such as 10.0.0.0/8 or 192.168.0.0/16',
          ),
        ]
      : [],
  );
}

async function checkCertificate(base: URL, host: Host): Promise<Finding[]> {
  const answer = await host.http.get(base.href, { maxBytes: 1 }).catch(() => undefined);
  const problem = answer?.tlsProblem;
  if (problem === undefined) return [];
  return [
    fault(
      base.host,
      `its certificate is not trusted by Node: ${problem}`,
      'use http://, or a certificate of an authority that the Node in Sandstorm knows',
    ),
  ];
}

/** What is to be entered at /admin/app-sources of a Sandstorm server that is to use this index. Pure. */
export function appSources(base: string): { readonly appMarketUrl: string; readonly appIndexUrl: string } {
  return { appMarketUrl: base, appIndexUrl: base };
}
