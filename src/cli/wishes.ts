import type { ProofWish } from '../operations/authenticity.js';
import type { UpdateRequest } from '../operations/update.js';
import type { Patience } from '../operations/prove.js';
import type { Ports } from '../preflight/check.js';
import { parseBaseUrl } from '../server/addresses.js';
import type { CommandContext } from './command.js';
import type { DNS_OPTIONS, PATIENCE_OPTIONS, PROOF_OPTIONS, WAIVE_OPTIONS } from './option-sets.js';

interface GivenPorts {
  readonly port: readonly number[] | undefined;
  readonly httpsPort: number | undefined;
  readonly mongoPort: number | undefined;
  readonly smtpPort: number | undefined;
}

/** The ports to use: what was given, else what follows from BASE_URL. Pure. */
export function portsFor(baseUrl: string, given: GivenPorts, unprivileged: boolean): Ports {
  const base = parseBaseUrl(baseUrl);
  const taken = new Set(
    [...(given.port ?? []), given.httpsPort, given.mongoPort, given.smtpPort].filter(
      (port) => port !== undefined,
    ),
  );
  const free = (wanted: number): number => {
    let port = wanted;
    while (taken.has(port)) port += 1;
    taken.add(port);
    return port;
  };
  // Behind https there is a proxy, or --https-port: the plain port is then nobody's address.
  const usual = base.scheme === 'http' ? base.port : free(6080);
  const http = given.port ?? [usual];
  taken.add(usual);
  return {
    http,
    ...(given.httpsPort === undefined ? {} : { https: given.httpsPort }),
    mongo: given.mongoPort ?? free(6081),
    smtp: given.smtpPort ?? free(unprivileged ? 30025 : 25),
  };
}

export function patienceFor(given: {
  readonly stableFor: number | undefined;
  readonly startTimeout: number | undefined;
}): Patience {
  return {
    stableMs: (given.stableFor ?? 30) * 1000,
    startTimeoutMs: (given.startTimeout ?? 120) * 1000,
    scriptTimeoutMs: 30 * 60_000,
  };
}

type Watched = typeof DNS_OPTIONS & typeof PATIENCE_OPTIONS & typeof WAIVE_OPTIONS;

/** What every operation that changes a server and watches it is told alike. */
export function operationWishes({
  values,
  dryRun,
  keepTranscript,
}: Pick<CommandContext<Watched>, 'values' | 'dryRun' | 'keepTranscript'>): Pick<
  UpdateRequest,
  'resolvers' | 'expectAddress' | 'waive' | 'stagingDir' | 'patience' | 'dryRun' | 'keepTranscript'
> {
  return {
    resolvers: values.resolver ?? [],
    expectAddress: values.expectAddress,
    waive: values.waive ?? [],
    stagingDir: values.staging,
    patience: patienceFor(values),
    dryRun,
    keepTranscript,
  };
}

/**
 * How a tarball shall be shown to be genuine.
 * @throws Refusal E_INPUT_NEEDED for a key without the reason why it is trusted
 */
export async function proofWishes({
  values,
  need,
}: Pick<CommandContext<typeof PROOF_OPTIONS>, 'values' | 'need'>): Promise<ProofWish> {
  const { allowUnsigned = false, keyFile, trustKey } = values;
  const reason = trustKey === undefined ? '' : await need('trustReason');
  return { allowUnsigned, keyFile, trustKey: trustKey === undefined ? undefined : { ...trustKey, reason } };
}
