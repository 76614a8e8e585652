import { preflight } from '../../operations/preflight.js';
import { refuseUnknownWaivers, tally } from '../../operations/ready.js';
import { standingInTheWay } from '../../preflight/run-checks.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { ldapQuestion } from '../ldap-question.js';
import { portsFor } from '../wishes.js';
import type { PREFLIGHT_OPTIONS } from './preflight.js';

export async function run(
  context: CommandContext<typeof PREFLIGHT_OPTIONS>,
): Promise<OutcomeOf<'preflight'>> {
  const { host, ui, values, home } = context;
  refuseUnknownWaivers(values.waive ?? []);
  const unprivileged = values.unprivileged ?? false;
  const { phase, checks } = await preflight(
    {
      home,
      phase: values.phase,
      tarball: values.tarball,
      baseUrl: values.baseUrl,
      wildcardHost: values.wildcardHost,
      ports: values.baseUrl === undefined ? undefined : portsFor(values.baseUrl, values, unprivileged),
      bindIp: values.bindIp,
      serverUser: values.serverUser ?? 'sandstorm',
      resolvers: values.resolver ?? [],
      expectAddress: values.expectAddress,
      waive: values.waive ?? [],
      unprivileged,
      ldap: await ldapQuestion(values.ldapUrl, context),
    },
    host,
    ui,
  );
  const ready = standingInTheWay(checks).length === 0;
  return {
    changed: false,
    result: { ready, phase, checks },
    text: `\n  ${tally(checks)}.  ${ready ? 'Ready' : 'Not ready'} to ${phase}.`,
    exitCode: ready ? 0 : 3,
  };
}
