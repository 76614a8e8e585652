import { getValue } from '../../config/sandstorm-conf.js';
import { Refusal } from '../../errors.js';
import { progress } from '../../identity/checklist/checklist.js';
import { baseUrlOf, confIfAny } from '../../operations/admin-address.js';
import {
  checklist,
  checklistText,
  writeChecklist,
  type Checklist,
  type ChecklistFormat,
} from '../../operations/checklist.js';
import { list } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { forHome } from '../for-home.js';
import { ldapQuestion } from '../ldap-question.js';
import type { CHECKLIST_OPTIONS } from './checklist.js';

type Context = CommandContext<typeof CHECKLIST_OPTIONS>;

export async function run(context: Context): Promise<OutcomeOf<'checklist'>> {
  const { host, ui, values, home, dryRun } = context;
  const conf = await confIfAny(home, host);
  const verify = values.verify ?? false;
  const bare = await checklist(
    {
      home,
      conf,
      baseUrl: values.baseUrl ?? baseUrlOf(conf) ?? (await context.need('baseUrl')),
      wildcardHost: values.wildcardHost ?? (conf === undefined ? undefined : getValue(conf, 'WILDCARD_HOST')),
      providers: values.login ?? (values.samlMetadata === undefined ? ['ldap'] : ['saml']),
      ldap: await ldapQuestion(values.ldapUrl, { ...context, interactive: context.interactive && verify }),
      ldapCaFile: values.ldapCa,
      samlMetadata: values.samlMetadata,
      samlEntryPoint: values.samlEntryPoint,
      guests: values.guests ?? 'refused',
      contacts: values.contacts ?? 'shared',
      indexUrl: values.indexUrl,
      marketUrl: values.marketUrl ?? values.indexUrl,
      mail: values.smtp,
      mailFrom: values.mailFrom,
      title: values.title,
      termsUrl: values.termsUrl,
      privacyUrl: values.privacyUrl,
      verify,
    },
    host,
    // Standard output is the checklist alone, to be sent into a file.
    values.output === undefined ? { ...ui, step: (_, work) => work(UNSEEN) } : ui,
  );
  // Also what stands on paper must mean this server when it is typed.
  const made = forHome(home, bare);
  const { output } = values;
  const content = checklistText(made, values.format ?? formatOf(output));
  const changed = output !== undefined && !dryRun && (await writeChecklist(output, content, host));
  const failed = made.items.filter(({ state }) => state.kind === 'failed');
  if (verify && failed.length > 0) {
    if (output === undefined && !context.json) ui.say(content);
    throw toMend(made, changed);
  }
  if (output === undefined) return { changed: false, result: made, text: content.trimEnd(), verbatim: true };
  const said = changed
    ? `Written to ${output}`
    : dryRun
      ? `Dry run: ${output} was not written`
      : `${output} is so already`;
  return {
    changed,
    result: { ...made, output },
    text: `${said}. ${verify ? progress(made.items) : `${String(made.items.length)} things to do`}.`,
  };
}

const UNSEEN = { detail: () => undefined, bytes: () => undefined };

function formatOf(output: string | undefined): ChecklistFormat {
  if (output === undefined) return 'markdown';
  if (/\.html?$/i.test(output)) return 'html';
  return /\.json$/i.test(output) ? 'json' : 'markdown';
}

function toMend(made: Checklist, changed: boolean): Refusal {
  const failed = made.items.flatMap(({ id, state }) => (state.kind === 'failed' ? [{ id, ...state }] : []));
  const [first] = failed;
  return new Refusal('E_CHECKLIST', `${list(failed.map(({ id }) => id))}: ${first?.seen ?? ''}`, {
    result: made,
    changed,
    ...(first?.fix === undefined ? {} : { hint: first.fix }),
  });
}
