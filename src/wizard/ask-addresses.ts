import { checkLines, marks } from '../cli/human.js';
import { suggestedBaseUrl } from '../operations/suggested-base-url.js';
import { cancelled, untilAgreed } from '../operations/until-agreed.js';
import type { ReportedCheck, Subject } from '../preflight/check.js';
import { dnsBase } from '../preflight/checks/dns-base.js';
import { dnsSameDomain } from '../preflight/checks/dns-same-domain.js';
import { dnsWildcard } from '../preflight/checks/dns-wildcard.js';
import { sourcesFor } from '../preflight/dns/observe.js';
import { runChecks, standingInTheWay } from '../preflight/run-checks.js';
import { defaultWildcardFor, parseBaseUrl, parseWildcardHost, starName } from '../server/addresses.js';
import type { Host } from '../system/host.js';
import type { Terminal } from '../system/terminal.js';
import { count } from '../words.js';
import { namesMends } from './offers.js';
import { askChoice, askText } from './prompts.js';

export interface Addresses {
  readonly baseUrl: string;
  readonly wildcardHost: string;
  /** The names lead there, on purpose. */
  readonly expectAddress?: string;
  /** Checks of names that failed and are to be passed over. */
  readonly waive: readonly string[];
}

export interface AskingAddresses {
  readonly host: Host;
  readonly terminal: Terminal;
  /** What does not change with the answers: HOME, resolvers, bind address. */
  readonly subject: Subject;
  /** Checks that are passed over already. */
  readonly waived: readonly string[];
  /** Answers of an earlier try. */
  readonly preset?: Partial<Addresses>;
  /** Given by flag, environment or answers file: not asked for until it turns out wrong. */
  readonly given: { readonly baseUrl: string | undefined; readonly wildcardHost: string | undefined };
}

/** Asks for both addresses, says at once what DNS answers, and lets the person change their mind. */
export async function askAddresses(asking: AskingAddresses): Promise<Addresses> {
  const { host } = asking;
  let { given, preset } = asking;
  let expectAddress = preset?.expectAddress ?? asking.subject.expectAddress;
  for (;;) {
    const baseUrl = given.baseUrl ?? (await askBaseUrl(preset?.baseUrl ?? (await suggestedBaseUrl(host))));
    const wildcardHost =
      given.wildcardHost ??
      (await askText(
        'Which wildcard names lead here too?',
        preset?.baseUrl === baseUrl ? preset.wildcardHost : defaultWildcardFor(parseBaseUrl(baseUrl)),
        (typed) => parseWildcardHost(typed, 'the wildcard'),
      ));

    for (let again = true; again;) {
      const subject: Subject = {
        ...asking.subject,
        baseUrl,
        wildcardHost,
        ...(expectAddress === undefined ? {} : { expectAddress }),
      };
      const failed = standingInTheWay(await askNames(subject, asking));
      const answer = { baseUrl, wildcardHost, ...(expectAddress === undefined ? {} : { expectAddress }) };
      if (failed.length === 0) return { ...answer, waive: [] };

      asking.terminal.out('');
      const mend = await askChoice('How shall we go on?', namesMends(failed));
      if (mend.startsWith('expect ')) expectAddress = mend.slice('expect '.length);
      else if (mend === 'waive') return { ...answer, waive: failed.map(({ id }) => id) };
      else if (mend === 'addresses') again = false;
      else if (mend === 'quit') throw cancelled();
    }
    given = { baseUrl: undefined, wildcardHost: undefined };
    preset = { baseUrl, wildcardHost };
    expectAddress = asking.subject.expectAddress;
  }
}

/** @throws as askText */
export async function askBaseUrl(preset: string | undefined): Promise<string> {
  const typed = await askText('Under which address will people reach it?', preset, judgeBaseUrl);
  return parseBaseUrl(typed).text;
}

/** Pure: like parseBaseUrl, with a word for what people type first. @throws Error */
export function judgeBaseUrl(typed: string): void {
  if (typed !== '' && !/^https?:\/\//i.test(typed)) {
    const port = /:\d+$/.test(typed) ? '' : ':6080';
    throw new Error(`begin with http:// or https://, for example http://${typed}${port}`);
  }
  const { isAddress } = parseBaseUrl(typed, 'the address');
  // Every grain gets a name of its own below it.
  if (isAddress) throw new Error('a name is needed, not an IP address: an address has no names under it');
}

/** "Asking 2 resolvers for names under *.sandstorm.corp.lan … ✔ all point here", or what is wrong. */
async function askNames(
  subject: Subject,
  { host, terminal, waived }: AskingAddresses,
): Promise<ReportedCheck[]> {
  const star = starName(parseWildcardHost(subject.wildcardHost ?? ''));
  const servers = count(sourcesFor(host.dns, subject).length, 'resolver');
  const asking = `Asking ${servers} for names under ${star} …`;
  const spinner = await terminal.spinner(asking);
  const stop = (line?: string): void => spinner.stop(line);
  try {
    const checks = [dnsBase, dnsWildcard, dnsSameDomain];
    const results = await untilAgreed(host, () => runChecks(checks, subject, host, waived));
    const mark = marks(terminal.colours);
    const failed = standingInTheWay(results);
    const odd = results.filter(({ status }) => status === 'warn' || status === 'skip');
    const where = subject.expectAddress === undefined ? 'here' : `to ${subject.expectAddress}`;
    if (failed.length === 0 && odd.length === 0) stop(`  ${asking} ${mark.pass} all point ${where}`);
    else {
      stop(`  ${asking} ${failed.length > 0 ? mark.fail : mark.warn}`);
      for (const result of [...failed, ...odd]) {
        for (const line of checkLines(result, mark, terminal.columns())) terminal.out(line);
      }
    }
    return results;
  } catch (error) {
    stop();
    throw error;
  }
}
