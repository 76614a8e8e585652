import type { ProofWish } from '../../operations/authenticity.js';
import { install, type InstallResult } from '../../operations/install.js';
import { isKit, withKitRelease } from '../../operations/kit/kit-release.js';
import type { HouseWord } from '../../kit/vouch.js';
import { findInstallScript, pickTarball } from '../../operations/pick.js';
import { suggestedBaseUrl } from '../../operations/suggested-base-url.js';
import { defaultWildcardFor, parseBaseUrl } from '../../server/addresses.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { operationWishes, portsFor, proofWishes } from '../wishes.js';
import type { INSTALL_OPTIONS } from './install.js';

export async function run(context: CommandContext<typeof INSTALL_OPTIONS>): Promise<OutcomeOf<'install'>> {
  const { host, ui, values, dryRun } = context;
  const given = values.tarball;
  const proof = await proofWishes(context);
  const installFrom = (tarball: string, houseWord?: HouseWord): Promise<InstallResult> =>
    installWith(tarball, { ...proof, houseWord }, context);
  const result =
    given !== undefined && (await isKit(given, host))
      ? await withKitRelease({ path: given, allowOlder: false, dryRun }, host, ui, installFrom)
      : await installFrom(await pickTarball(given, host));
  return { changed: result.changed, result, text: closingWords(result, dryRun) };
}

async function installWith(
  tarball: string,
  proof: ProofWish,
  context: CommandContext<typeof INSTALL_OPTIONS>,
): Promise<InstallResult> {
  const { host, ui, values, home } = context;
  const unprivileged = values.unprivileged ?? false;
  const beside = await findInstallScript(tarball, host);
  const installScript = values.installScript ?? beside ?? (await context.need('installScript'));
  const baseUrl = await context.need('baseUrl', await suggestedBaseUrl(host));
  const wildcardHost = await context.need('wildcardHost', defaultWildcardFor(parseBaseUrl(baseUrl)));

  return install(
    {
      home,
      tarball,
      installScript,
      baseUrl,
      wildcardHost,
      ports: portsFor(baseUrl, values, unprivileged),
      bindIp: values.bindIp ?? '0.0.0.0',
      serverUser: values.serverUser ?? (unprivileged && host.user.uid !== 0 ? host.user.name : 'sandstorm'),
      unprivileged,
      proof,
      ...operationWishes(context),
      scriptEnv: {},
    },
    host,
    ui,
  );
}

export function closingWords(result: InstallResult, dryRun: boolean): string {
  if (dryRun) return result.plan === null ? nothingToDo(result) : '  Dry run: nothing was changed.';
  if (!result.changed) return nothingToDo(result);
  const link =
    result.setupLink === null
      ? ['  Sandstorm is up.  `sandstorm admin-token` makes a link to become its administrator.']
      : [
          '  Sandstorm is up.  Open this within 15 minutes to become its administrator:',
          '',
          `      ${result.setupLink}`,
        ];
  return [
    '',
    ...link,
    '',
    '  In its setup, on an offline network:',
    '    · logins: LDAP or SAML; Google and GitHub need the internet,',
    '      e-mail tokens a mail server',
    '    · pre-installed apps: choose "Skip for now"',
    '    · no Sandcats address: yours is in BASE_URL already',
    '',
    '  Later:  sandstorm-airgap status    sandstorm-airgap update TARBALL',
  ].join('\n');
}

function nothingToDo({ build, home }: InstallResult): string {
  return `  Build ${String(build)} is installed in ${home} as wanted and well: nothing to do.`;
}
