import { parseWildcardHost, selfTestName } from '../../server/addresses.js';
import type { Host } from '../../system/host.js';
import { freshBytes } from '../../system/random.js';
import { failed as failing, type Finding } from '../finding.js';
import { shown, type LdapFinding } from '../ldap/finding.js';
import type { ChecklistFacts } from './facts.js';
import type { ChecklistItem, ItemState } from './item.js';

export interface Looking {
  readonly facts: ChecklistFacts;
  /** What the directory was seen to be, where one was named. */
  readonly ldap: readonly LdapFinding[] | undefined;
  /** What its metadata say of the identity provider, where they were given. */
  readonly saml: readonly Finding[] | undefined;
}

/**
 * Ticks what can be seen from outside: addresses that answer, a directory, an index, a mail server. Settings
 * themselves are shown to administrators only, and stay for a person to tick.
 */
export async function verifyChecklist(
  items: readonly ChecklistItem[],
  looking: Looking,
  host: Host,
): Promise<readonly ChecklistItem[]> {
  return Promise.all(
    items.map(async (item) => {
      const look = LOOKS[item.id];
      if (look === undefined || item.state.kind === 'failed') return item;
      return { ...item, state: (await look(looking, host)) ?? item.state };
    }),
  );
}

/** undefined: there is nothing to be seen. */
type Look = (looking: Looking, host: Host) => Promise<ItemState | undefined>;

const done = (seen: string): ItemState => ({ kind: 'done', seen });
const failed = (seen: string, fix?: string): ItemState => ({
  kind: 'failed',
  seen,
  ...(fix === undefined ? {} : { fix }),
});

const LOOKS: Readonly<Record<string, Look>> = {
  'server.reached': reached,
  'login.ldap': directory,
  'login.saml': samlSwitchedOn,
  'apps.sources': sources,
  'mail.outbound': mailServer,
  certificates: certificate,
  'look.titles': rules,
};

async function reached({ facts: { baseUrl, wildcardHost } }: Looking, host: Host): Promise<ItemState> {
  const base = await ask(baseUrl, host);
  if (base.status === undefined || base.status >= 400)
    return failed(`${baseUrl} ${base.said}`, 'sandstorm-airgap status');
  const test = selfTest(baseUrl, wildcardHost);
  if (test === undefined) return failed('WILDCARD_HOST is not known', 'sandstorm-airgap config lint');
  const answer = await ask(test, host);
  return answer.body.trim() === 'Self-test OK.'
    ? done(`${baseUrl} answers, and so does a name made up below it`)
    : failed(`${test} ${answer.said}`, `sandstorm-airgap preflight --base-url ${baseUrl}`);
}

function selfTest(baseUrl: string, wildcardHost: string | undefined): string | undefined {
  if (wildcardHost === undefined) return undefined;
  const pattern = parseWildcardHost(wildcardHost);
  const port = pattern.port === undefined ? '' : `:${String(pattern.port)}`;
  return `${new URL(baseUrl).protocol}//${selfTestName(pattern, freshBytes(10))}${port}/`;
}

function directory({ ldap }: Looking): Promise<ItemState | undefined> {
  const first = ldap?.find(({ status }) => status === 'fail');
  const search = ldap?.find(({ id }) => id === 'ldap.search');
  const state =
    first !== undefined
      ? failed(`${first.id}: ${first.seen}`, first.fix?.[0])
      : search === undefined
        ? undefined
        : done(`the directory answers with these values: ${search.seen}`);
  return Promise.resolve(state);
}

/** Once SAML is enabled, and not before, this address sends people to the identity provider. */
async function samlSwitchedOn(
  { facts: { baseUrl, samlEntryPoint }, saml }: Looking,
  host: Host,
): Promise<ItemState | undefined> {
  const [trouble] = failing(saml ?? []);
  if (trouble !== undefined) return failed(`${trouble.id}: ${trouble.lines[0] ?? ''}`, trouble.fix?.[0]);
  const answer = await ask(`${baseUrl}/_saml/authorize/default/checklist`, host);
  if (answer.status !== 302) return undefined;
  const to = (answer.location ?? '').replace(/[?#].*$/, '');
  if (samlEntryPoint !== undefined && to !== samlEntryPoint.replace(/[?#].*$/, '')) {
    return failed(
      `it is enabled, and sends people to ${shown(to)}`,
      `SAML provider entry point URL: ${samlEntryPoint}`,
    );
  }
  return done(`it is enabled, and sends people to ${shown(to)}`);
}

async function sources(
  { facts: { indexUrl, marketUrl } }: Looking,
  host: Host,
): Promise<ItemState | undefined> {
  if (indexUrl === undefined) return undefined;
  const list = `${indexUrl}/apps/index.json`;
  const answer = await ask(list, host, 16 * 1024 * 1024);
  const apps = answer.status === 200 ? appsIn(answer.body) : undefined;
  if (apps === undefined)
    return failed(answer.status === 200 ? `${list} is no list of apps` : `${list} ${answer.said}`);
  const market = marketUrl === undefined ? undefined : await ask(marketUrl, host);
  if (market !== undefined && (market.status === undefined || market.status >= 400))
    return failed(`${marketUrl ?? ''} ${market.said}`);
  return done(`the index has ${String(apps)} apps${market === undefined ? '' : ', and the market opens'}`);
}

function appsIn(body: string): number | undefined {
  try {
    const list: unknown = JSON.parse(body);
    if (typeof list !== 'object' || list === null || !('apps' in list)) return undefined;
    return Array.isArray(list.apps) ? list.apps.length : undefined;
  } catch {
    return undefined;
  }
}

async function mailServer({ facts: { mail } }: Looking, host: Host): Promise<ItemState | undefined> {
  if (mail === undefined) return undefined;
  const where = `${mail.host}, port ${String(mail.port)}`;
  // There it is silent until TLS is spoken.
  if (mail.port === 465) return undefined;
  try {
    const line = await host.tcp.greeting(mail.host, mail.port);
    return /^220[ -]/.test(line)
      ? done(`${where} answers as a mail server`)
      : failed(`${where} is no mail server: ${shown(line)}`);
  } catch (error) {
    return failed(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function certificate(
  { facts: { baseUrl, wildcardHost } }: Looking,
  host: Host,
): Promise<ItemState | undefined> {
  if (!baseUrl.startsWith('https:')) return undefined;
  for (const url of [baseUrl, selfTest(baseUrl, wildcardHost)]) {
    if (url === undefined) continue;
    const answer = await ask(url, host);
    if (answer.status === undefined) return failed(`${url} ${answer.said}`);
    // Whether this machine knows the house's CA says nothing of the clients.
    if (answer.tlsProblem !== undefined && !/UNABLE_TO|SELF_SIGNED/.test(answer.tlsProblem)) {
      return failed(`the certificate shown for ${new URL(url).hostname}: ${answer.tlsProblem}`);
    }
    if (answer.tlsProblem !== undefined) return undefined;
  }
  return done('certificates are shown for both names, and are trusted on this machine');
}

async function rules(
  { facts: { termsUrl, privacyUrl } }: Looking,
  host: Host,
): Promise<ItemState | undefined> {
  for (const url of [termsUrl, privacyUrl]) {
    if (url === undefined) continue;
    const { status, said } = await ask(url, host);
    if (status === undefined || status >= 400) return failed(`${url} ${said}`);
  }
  // That they open says nothing of whether they were entered.
  return undefined;
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly said: string;
  readonly location?: string | undefined;
  readonly tlsProblem?: string | undefined;
}

async function ask(url: string, { http }: Host, maxBytes = 64 * 1024): Promise<Answer> {
  try {
    const { status, body, headers, tlsProblem } = await http.get(url, { timeoutMs: 10_000, maxBytes });
    return { status, body, said: `answers ${String(status)}`, location: headers.location, tlsProblem };
  } catch (error) {
    return {
      status: undefined,
      body: '',
      said: `does not answer: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
