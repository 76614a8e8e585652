import type { ProofWish } from '../../operations/authenticity.js';
import { isKit, withKitRelease } from '../../operations/kit/kit-release.js';
import type { HouseWord } from '../../kit/vouch.js';
import { findInstallScript, pickTarball } from '../../operations/pick.js';
import { update, UPDATE_AS_USUAL, type UpdateResult } from '../../operations/update.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { operationWishes, proofWishes } from '../wishes.js';
import type { UPDATE_OPTIONS } from './update.js';

export async function run(context: CommandContext<typeof UPDATE_OPTIONS>): Promise<OutcomeOf<'update'>> {
  const { host, ui, values, interactive, columns, dryRun } = context;
  const proof = await proofWishes(context);
  const given =
    values.tarball === undefined && interactive
      ? await (await import('../../wizard/choose-tarball.js')).chooseTarball({ host, ui, columns })
      : values.tarball;
  const updateFrom = (tarball: string, houseWord?: HouseWord): Promise<UpdateResult> =>
    updateWith(tarball, { ...proof, houseWord }, context);
  const result =
    given !== undefined && (await isKit(given, host))
      ? await withKitRelease(
          { path: given, allowOlder: values.allowDowngrade ?? false, dryRun },
          host,
          ui,
          updateFrom,
        )
      : await updateFrom(await pickTarball(given, host));
  const text = dryRun && result.plan !== null ? '  Dry run: nothing was changed.' : '';
  return { changed: result.changed, result, text };
}

async function updateWith(
  tarball: string,
  proof: ProofWish,
  context: CommandContext<typeof UPDATE_OPTIONS>,
): Promise<UpdateResult> {
  const { host, ui, values, home } = context;
  return update(
    {
      home,
      tarball,
      installScript: await findInstallScript(tarball, host),
      proof,
      allowDowngrade: values.allowDowngrade ?? false,
      reinstall: values.reinstall ?? false,
      scope: values.snapshot ?? UPDATE_AS_USUAL.scope,
      strategy: values.strategy ?? UPDATE_AS_USUAL.strategy,
      keep: values.keep ?? UPDATE_AS_USUAL.keep,
      ...operationWishes(context),
    },
    host,
    ui,
  );
}
