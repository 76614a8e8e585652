import { ownVersion } from '../../own-version.js';
import { COMMANDS } from '../commands.js';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { places } from '../completion/words.js';
import { zshCompletion } from '../completion/zsh.js';
import { ownBuild } from '../../system/own-build.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { manualPage } from '../manual-page.js';
import { GENERAL_HELP, GROUPS } from '../program.js';
import type { COMPLETION_OPTIONS } from './completion.js';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export async function run(
  context: CommandContext<typeof COMPLETION_OPTIONS>,
): Promise<OutcomeOf<'completion'>> {
  const shell = await context.need('shell');
  const script = SHELLS[shell](places(COMMANDS, GROUPS));
  return { changed: false, result: { shell, script }, text: script.trimEnd(), verbatim: true };
}

export async function manual(): Promise<OutcomeOf<'manual'>> {
  const date = (await ownBuild())?.facts.date.slice(0, 10) ?? '';
  const page = manualPage(COMMANDS, GENERAL_HELP, { version: ownVersion(), date });
  return { changed: false, result: { page }, text: page.trimEnd(), verbatim: true };
}
