import { lintConfFile, readConf, type ConfEdit } from '../../config/conf-file.js';
import { redactValue } from '../../config/known-settings.js';
import type { LintFinding } from '../../config/lint.js';
import { assignments, getValue, readable } from '../../config/sandstorm-conf.js';
import { Refusal } from '../../errors.js';
import { changeConfig } from '../../operations/config.js';
import { count } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { valueToSet } from './config-value.js';
import type { GET_OPTIONS, SET_OPTIONS, UNSET_OPTIONS } from './config.js';

export async function get(context: CommandContext<typeof GET_OPTIONS>): Promise<OutcomeOf<'config get'>> {
  const key = await context.need('key');
  const value = getValue((await readConf(context.home, context.host)).document, key);
  if (value === undefined) {
    throw new Refusal('E_CONF_NOT_SET', `${key} is not set in ${context.home}/sandstorm.conf`, {
      hint: `sandstorm-airgap config set ${key} VALUE`,
    });
  }
  return { changed: false, result: { key, value: readable(value) }, text: readable(value), verbatim: true };
}

export async function set(context: CommandContext<typeof SET_OPTIONS>): Promise<OutcomeOf<'config set'>> {
  const key = await context.need('key');
  const value = await valueToSet(key, context);
  return change(context, { do: 'set', key, value }, context.values.force ?? false);
}

export async function unset(
  context: CommandContext<typeof UNSET_OPTIONS>,
): Promise<OutcomeOf<'config unset'>> {
  return change(context, { do: 'unset', key: await context.need('key') }, context.values.force ?? false);
}

async function change(
  { home, host, dryRun }: Pick<CommandContext, 'home' | 'host' | 'dryRun'>,
  edit: ConfEdit,
  force: boolean,
): Promise<OutcomeOf<'config set'>> {
  const result = await changeConfig(home, [edit], { force, dryRun }, host);
  const lines = result.changed
    ? [
        result.diff.trimEnd(),
        dryRun
          ? 'Dry run: nothing was changed.'
          : `Changed. The former file is ${result.backup ?? ''}. Takes effect with: sandstorm-airgap service restart`,
      ]
    : ['It is so already: nothing to do.'];
  return { changed: result.changed && !dryRun, result, text: lines.join('\n') };
}

export async function show({ home, host }: CommandContext): Promise<OutcomeOf<'config show'>> {
  const { document } = await readConf(home, host);
  const keys = [...new Set(assignments(document).map(({ key }) => key))];
  const settings = Object.fromEntries(
    keys.map((key) => [key, readable(redactValue(key, getValue(document, key) ?? ''))]),
  );
  const text = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  return { changed: false, result: { home, settings }, text: text.join('\n'), verbatim: true };
}

export async function lint({ home, host }: CommandContext): Promise<OutcomeOf<'config lint'>> {
  const findings = lintConfFile(await readConf(home, host), host);
  const errors = findings.filter(({ level }) => level === 'error');
  const text = [
    ...findings.flatMap(findingLines),
    findings.length === 0
      ? 'sandstorm.conf is in order.'
      : `${count(errors.length, 'error')}, ${count(findings.length - errors.length, 'warning')}.`,
  ].join('\n');
  if (errors.length > 0) {
    throw new Refusal('E_CONF_LINT', `sandstorm.conf has ${count(errors.length, 'error')}\n${text}`, {
      hint: errors[0]?.fix ?? 'sandstorm-airgap config set KEY VALUE',
      result: { home, findings },
    });
  }
  return { changed: false, result: { home, findings }, text };
}

function findingLines({ level, line, message, fix }: LintFinding): string[] {
  const where = line === undefined ? '' : `line ${String(line)}: `;
  return [
    `${level === 'error' ? '✖' : '!'} ${where}${message}`,
    ...(fix === undefined ? [] : [`    fix: ${fix}`]),
  ];
}
