import type { Host } from '../../system/host.js';
import type { LdapOptions, LdapSession } from '../../system/ldap/types.js';
import { ConnectFailure } from '../../system/ldap/failures.js';
import { breaksFilter, filterProblem, isAttributeName, sandstormFilter } from './filter.js';
import { CODE, type LdapObservation, type SeenLogin } from './observation.js';
import { findRivals } from './rivals.js';
import { readRootDse, ROOT_DSE_ATTRIBUTES, settle, type RootDse } from './root-dse.js';
import { ldapAddress, looksLikeDn, type LdapSettings, type LdapWish } from './settings.js';
import { surveyEverybody } from './survey.js';

export interface LdapQuestion {
  readonly wish: LdapWish;
  /** Login names to try; some of those found when there are none. */
  readonly logins: readonly string[];
  /** Of the first login. A secret. */
  readonly password?: string | undefined;
  /** For the connection, and again for each question; default 10 s. */
  readonly timeoutMs?: number;
}

const MOST_LOGINS = 10;

/**
 * Looks at a directory step by step as Sandstorm does when somebody logs in, and ends where Sandstorm would.
 * Asks nobody but that server.
 */
export async function observeLdap(question: LdapQuestion, host: Host): Promise<LdapObservation> {
  const { wish } = question;
  const address = ldapAddress(wish.url);
  const seen = {
    at: host.clock.now(),
    hasBindPassword: wish.bindPassword !== undefined && wish.bindPassword !== '',
    address,
    people: [],
  };
  if (typeof address === 'string') return { ...seen, settled: settle(wish, undefined) };
  const options: LdapOptions = {
    ...address,
    ca: wish.caCert === undefined || wish.caCert.trim() === '' ? undefined : wish.caCert.trim(),
    timeoutMs: question.timeoutMs ?? 10_000,
  };
  let session: LdapSession;
  try {
    session = await host.ldap.open(options);
  } catch (error) {
    if (!(error instanceof ConnectFailure)) throw error;
    const { kind, message } = error;
    return { ...seen, settled: settle(wish, undefined), connection: { kind, why: message } };
  }
  try {
    const { tls } = session;
    const open = { ...seen, connection: { kind: 'open', tls } as const };
    if (tls !== undefined && (tls.chainProblem ?? tls.nameProblem) !== undefined) {
      return { ...open, settled: settle(wish, undefined) };
    }
    return { ...open, ...(await lookInside(question, session, () => host.ldap.open(options))) };
  } finally {
    session.close();
  }
}

type Inside = Pick<LdapObservation, 'settled' | 'rootDse' | 'bind' | 'everybody' | 'people'>;

async function lookInside(
  question: LdapQuestion,
  session: LdapSession,
  another: () => Promise<LdapSession>,
): Promise<Inside> {
  const { wish } = question;
  const early = await rootDseOf(session);
  const bind = await bindForSearch(session, wish);
  // Some servers say nothing of themselves before one has logged in.
  const dse = early ?? (bind?.code === CODE.success ? await rootDseOf(session) : undefined);
  const settled = settle(wish, dse);
  const inside = {
    settled,
    ...(dse === undefined ? {} : { rootDse: dse }),
    ...(bind === undefined ? {} : { bind }),
    people: [],
  };
  const { settings } = settled;
  if ((bind !== undefined && bind.code !== CODE.success) || !askable(settings)) return inside;

  const { survey, samples } = await surveyEverybody(session, settings);
  const asked = [...new Set(question.logins)].slice(0, MOST_LOGINS);
  const people: SeenLogin[] = [];
  for (const login of asked.length > 0 ? asked : samples) {
    const first = people.every(({ entry }) => entry === undefined);
    const password = people.length === 0 && asked.length > 0 ? question.password : undefined;
    people.push({
      ...(await tryLogin({ login, password, first, wish, settings, dse }, another)),
      asked: asked.length > 0,
    });
  }
  return { ...inside, everybody: survey, people };
}

/** Sandstorm's own client would not get as far as asking with anything else. */
function askable({ ldapBase, ldapFilter, ldapSearchUsername, ldapSearchBindDn }: LdapSettings): boolean {
  return (
    (ldapSearchBindDn === '' || looksLikeDn(ldapSearchBindDn)) &&
    looksLikeDn(ldapBase) &&
    filterProblem(ldapFilter) === undefined &&
    isAttributeName(ldapSearchUsername)
  );
}

async function rootDseOf(session: LdapSession): Promise<RootDse | undefined> {
  const filter = '(objectClass=*)';
  const { entries } = await session.search({
    base: '',
    scope: 'base',
    filter,
    attributes: ROOT_DSE_ATTRIBUTES,
  });
  const [entry] = entries;
  return entry === undefined || entry.attributes.size === 0 ? undefined : readRootDse(entry);
}

async function bindForSearch(session: LdapSession, wish: LdapWish): Promise<LdapObservation['bind']> {
  const { bindDn = '', bindPassword = '' } = wish;
  return bindDn === '' || bindPassword === '' || !looksLikeDn(bindDn)
    ? undefined
    : session.bind(bindDn, bindPassword);
}

interface Attempt {
  readonly login: string;
  readonly password: string | undefined;
  /** The first that may be found: an empty password is tried on one account only. */
  readonly first: boolean;
  readonly wish: LdapWish;
  readonly settings: LdapSettings;
  readonly dse: RootDse | undefined;
}

/** As when that person logs in: on a connection of its own, bind, search, bind as whom was found. */
async function tryLogin(
  attempt: Attempt,
  another: () => Promise<LdapSession>,
): Promise<Omit<SeenLogin, 'asked'>> {
  const { login, wish, settings } = attempt;
  // It would be read as part of the filter; the judge says so.
  if (breaksFilter(login)) return { login, search: { code: CODE.success, message: '' }, referrals: [] };
  const session = await another();
  try {
    await bindForSearch(session, wish);
    const { entries, references, code, message } = await session.search({
      base: settings.ldapBase,
      scope: 'sub',
      filter: sandstormFilter(settings.ldapFilter, settings.ldapSearchUsername, login),
      sizeLimit: 1,
    });
    const found = { login, search: { code, message }, referrals: references };
    if (code === CODE.sizeLimitExceeded) {
      return { ...found, rivals: await findRivals(session, settings, login, attempt.dse) };
    }
    const [entry] = entries;
    if (code !== CODE.success || entry === undefined) return found;
    return { ...found, entry, ...(await tryPasswords(session, entry.dn, attempt)) };
  } finally {
    session.close();
  }
}

async function tryPasswords(
  session: LdapSession,
  dn: string,
  { first, password }: Attempt,
): Promise<Pick<SeenLogin, 'emptyPassword' | 'password'>> {
  const right = password === undefined || password === '' ? undefined : await session.bind(dn, password);
  const empty = first ? await session.bind(dn, '') : undefined;
  return {
    ...(right === undefined ? {} : { password: right }),
    ...(empty === undefined ? {} : { emptyPassword: empty }),
  };
}
