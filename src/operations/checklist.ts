import { isTrue } from '../config/known-settings.js';
import { getValue, type ConfDocument } from '../config/sandstorm-conf.js';
import { buildChecklist, type ChecklistHead } from '../identity/checklist/checklist.js';
import type { ChecklistFacts } from '../identity/checklist/facts.js';
import { checklistHtml } from '../identity/checklist/html.js';
import type { ChecklistItem } from '../identity/checklist/item.js';
import { checklistMarkdown } from '../identity/checklist/markdown.js';
import { verifyChecklist } from '../identity/checklist/verify.js';
import { judgeLdap } from '../identity/ldap/judge.js';
import { observeLdap, type LdapQuestion } from '../identity/ldap/observe.js';
import { settle, type Settled } from '../identity/ldap/root-dse.js';
import { enteredFields } from '../identity/ldap/settings.js';
import { formFor } from '../identity/saml/form.js';
import { serviceProvider } from '../identity/saml/service-provider.js';
import { parseBaseUrl } from '../server/addresses.js';
import { judgeHome, observeHome } from '../server/home-state.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { lookAtProvider, type SeenProvider } from './identity-saml.js';

export type ChecklistFormat = 'markdown' | 'html' | 'json';

export interface ChecklistRequest extends Pick<
  ChecklistFacts,
  | 'providers'
  | 'ldapCaFile'
  | 'samlEntryPoint'
  | 'guests'
  | 'contacts'
  | 'indexUrl'
  | 'marketUrl'
  | 'mail'
  | 'mailFrom'
  | 'title'
  | 'termsUrl'
  | 'privacyUrl'
> {
  readonly home: string;
  readonly conf: ConfDocument | undefined;
  readonly baseUrl: string;
  readonly wildcardHost: string | undefined;
  readonly ldap: LdapQuestion | undefined;
  /** Metadata of the identity provider: a path, or an address. */
  readonly samlMetadata: string | undefined;
  readonly verify: boolean;
}

export interface Checklist extends ChecklistHead {
  readonly items: readonly ChecklistItem[];
}

/** What is left to do in the admin pages of this very server; with `verify` looked at from outside. Changes nothing. */
export async function checklist(request: ChecklistRequest, host: Host, ui: Ui): Promise<Checklist> {
  const { verify, baseUrl, ldap } = request;
  const head = { baseUrl, day: host.clock.now().toISOString().slice(0, 10), verified: verify };
  const saml = await lookAtProvider({ metadata: request.samlMetadata, idpEntityId: undefined }, host);
  if (!verify) {
    const settled = ldap === undefined ? undefined : settle(ldap.wish, undefined);
    const facts = await gather(request, settled, saml, host);
    return { ...head, build: facts.build, items: buildChecklist(facts) };
  }
  return ui.step('Looked', async (progress) => {
    progress.detail(`at ${baseUrl} and what it needs`);
    const seen = ldap === undefined ? undefined : await observeLdap(ldap, host);
    const facts = await gather(request, seen?.settled, saml, host);
    const looking = {
      facts,
      ldap: seen === undefined ? undefined : judgeLdap(seen),
      saml: saml?.findings,
    };
    return {
      ...head,
      build: facts.build,
      items: await verifyChecklist(buildChecklist(facts), looking, host),
    };
  });
}

/** Pure. */
export function checklistText({ items, ...head }: Checklist, format: ChecklistFormat): string {
  switch (format) {
    case 'markdown':
      return checklistMarkdown(items, head);
    case 'html':
      return checklistHtml(items, head);
    case 'json':
      return `${JSON.stringify({ ...head, items }, null, 2)}\n`;
  }
}

/** Writes it whole or not at all, and not when it is there already. @throws Refusal E_IO */
export async function writeChecklist(file: string, content: string, host: Host): Promise<boolean> {
  const old = await host.files.readText(file).catch(() => undefined);
  if (old === content) return false;
  await host.files.writeAtomic(file, content);
  return true;
}

async function gather(
  request: ChecklistRequest,
  directory: Settled | undefined,
  provider: SeenProvider | undefined,
  host: Host,
): Promise<ChecklistFacts> {
  const { home, conf, indexUrl } = request;
  const samlForm =
    provider && formFor(provider.idp, serviceProvider(parseBaseUrl(request.baseUrl)), host.clock.now());
  const setting = (key: string): string | undefined => (conf === undefined ? undefined : getValue(conf, key));
  const state = judgeHome(await observeHome(home, host));
  return {
    ...request,
    build: state.kind === 'server' ? state.build : undefined,
    ldapFields:
      directory === undefined
        ? undefined
        : enteredFields(directory.settings, directory.settings.ldapSearchBindDn !== ''),
    samlEntryPoint: request.samlEntryPoint ?? samlForm?.entryPoint ?? undefined,
    samlForm,
    indexAddresses: indexUrl === undefined ? [] : await addressesOf(indexUrl, host),
    mail: request.mail ?? mailIn(setting('MAIL_URL')),
    ownHttps: setting('HTTPS_PORT') !== undefined,
    updateChannel: setting('UPDATE_CHANNEL'),
    unsafe: ['ALLOW_DEV_ACCOUNTS', 'IS_TESTING'].filter((key) => isTrue(setting(key))),
  };
}

async function addressesOf(url: string, { dns }: Host): Promise<readonly string[]> {
  return dns.lookup(new URL(url).hostname.replace(/^\[|\]$/g, ''));
}

/** smtp://user:password@host:25; the account stays out of it. */
function mailIn(url: string | undefined): ChecklistFacts['mail'] {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  return hostname === ''
    ? undefined
    : { host: hostname, port: port === '' ? (protocol === 'smtps:' ? 465 : 25) : Number(port) };
}
