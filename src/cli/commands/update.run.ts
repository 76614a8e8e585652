import { findInstallScript, pickTarball } from '../../operations/pick.js';
import { update, UPDATE_AS_USUAL } from '../../operations/update.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { operationWishes, proofWishes } from '../wishes.js';
import type { UPDATE_OPTIONS } from './update.js';

export async function run(context: CommandContext<typeof UPDATE_OPTIONS>): Promise<OutcomeOf<'update'>> {
  const { host, ui, values, home, interactive, columns } = context;
  const proof = await proofWishes(context);
  const tarball =
    values.tarball === undefined && interactive
      ? await (await import('../../wizard/choose-tarball.js')).chooseTarball({ host, ui, columns })
      : await pickTarball(values.tarball, host);
  const result = await update(
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
  const text = context.dryRun && result.plan !== null ? '  Dry run: nothing was changed.' : '';
  return { changed: result.changed, result, text };
}
