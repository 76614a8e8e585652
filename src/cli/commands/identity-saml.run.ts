import { Refusal } from '../../errors.js';
import { failed, type Finding } from '../../identity/finding.js';
import type { SamlForm } from '../../identity/saml/form.js';
import type { IdentityProvider } from '../../identity/saml/metadata.js';
import { recipe } from '../../identity/saml/recipes.js';
import type { ServiceProvider } from '../../identity/saml/service-provider.js';
import { identitySaml, writeServiceProvider, type SamlReport } from '../../operations/identity-saml.js';
import { serverSetting } from '../../operations/server-setting.js';
import { parseBaseUrl } from '../../server/addresses.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { SAML_OPTIONS } from './identity-saml.js';

type Context = CommandContext<typeof SAML_OPTIONS>;

export async function saml(context: Context): Promise<OutcomeOf<'identity saml'>> {
  const { host, ui, values, home, dryRun } = context;
  refuseNothingToDo(context);
  const base = parseBaseUrl(
    values.baseUrl ?? (await serverSetting(home, 'BASE_URL', host)) ?? (await context.need('baseUrl')),
  );
  const { metadata, idpEntityId, entityId, certificate, response, at, probe = false } = values;
  const wish = { base, metadata, idpEntityId, entityId, certificate, response, at, probe };
  const report = await identitySaml(wish, host, ui);

  const { spMetadata } = values;
  const changed =
    spMetadata !== undefined && (await writeServiceProvider(report.sp, spMetadata, dryRun, host));
  for (const line of lines(report, context)) ui.say(line);
  const result = resultOf(report);
  refuseBad(report, result, changed && !dryRun);
  return { changed: changed && !dryRun, result };
}

function lines(report: SamlReport, { values, dryRun }: Context): string[] {
  const { sp, form } = report;
  const { spMetadata, recipe: make } = values;
  return [
    ...(form === undefined ? [] : formLines(form)),
    '',
    'For the identity provider:',
    row('Entity ID', sp.entityId),
    row('Metadata', sp.metadataUrl),
    row('Consumer', `${sp.consumerUrl}  (HTTP-POST)`),
    row('Logout', sp.logoutUrl),
    row('Name ID', 'persistent'),
    row('Attributes', 'email and displayName, by these names'),
    ...(spMetadata === undefined
      ? []
      : [row('As a file', `${spMetadata}${dryRun ? ' (dry run: not written)' : ''}`)]),
    ...(make === undefined ? [] : ['', `In ${make}:`, ...recipe(make, sp).map((line) => `  ${line}`)]),
  ];
}

/** The certificate on a line of its own: a double or triple click takes all of it. */
function formLines({ entryPoint, logoutUrl, certificate, entityId }: SamlForm): string[] {
  return [
    '',
    'For /admin/login, SAML, Configure:',
    row('Entry point', entryPoint ?? '(none)'),
    row('Logout', logoutUrl ?? '(leave empty)'),
    row('Entity ID', entityId),
    row('Cert', certificate === null ? '(none)' : 'the next line, as it is'),
    ...(certificate === null ? [] : [certificate]),
    // In one line with its markers, Sandstorm strips all of it, and with an empty one it checks no signature at all.
    row(
      '',
      'Never paste it in one line together with its BEGIN and END: Sandstorm would then check nothing.',
    ),
  ];
}

export interface SamlResult {
  readonly serviceProvider: ServiceProvider;
  readonly identityProvider: IdentityProvider | null;
  readonly form: SamlForm | null;
  readonly checks: readonly Finding[];
  readonly response: readonly Finding[];
}

function resultOf({ sp, idp, form, setup, response }: SamlReport): SamlResult {
  return { serviceProvider: sp, identityProvider: idp ?? null, form: form ?? null, checks: setup, response };
}

function refuseBad({ setup, response }: SamlReport, result: SamlResult, changed: boolean): void {
  const [answer] = failed(response);
  if (answer !== undefined) {
    throw new Refusal('E_SAML_RESPONSE', `Sandstorm would refuse this answer: ${first(answer)}`, {
      ...hintOf(answer),
      result,
      changed,
    });
  }
  const [trouble] = failed(setup);
  if (trouble === undefined) return;
  throw new Refusal('E_SAML_NOT_READY', `logins would fail: ${first(trouble)}`, {
    ...hintOf(trouble),
    result,
    changed,
  });
}

function first({ id, lines }: Finding): string {
  return `${lines[0] ?? ''} (${id})`;
}

function hintOf({ fix }: Finding): { hint?: string } {
  return fix?.[0] === undefined ? {} : { hint: fix[0] };
}

function refuseNothingToDo({ values }: Context): void {
  const { metadata, response, probe, spMetadata, recipe: make } = values;
  if (metadata !== undefined || (response !== undefined && values.certificate !== undefined)) return;
  if (response === undefined && probe !== true && (spMetadata !== undefined || make !== undefined)) return;
  throw new Refusal('E_INPUT_NEEDED', 'METADATA is needed: what the identity provider says of itself', {
    hint: 'give its file or address; without it there are --sp-metadata FILE and --recipe MAKE',
  });
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(12)}${value}`;
}
