import { clientTest, describeRecipes, type DnsRecipe } from '../../server/dns-records.js';
import { parseResolver } from '../../system/resolver-address.js';
import { fail, pass, warn, type CheckResult } from '../check.js';
import type { CheckFacts, GivenAnswer } from '../check-facts.js';
import type { Remark, Trouble } from './judge.js';
import type { Observation, Source } from './observe.js';
import type { Wanted } from './place.js';

export interface Advice {
  /** Said when all is well. */
  readonly headline: string;
  readonly recipes: readonly DnsRecipe[];
  /** For a forwarder that drops private addresses. */
  readonly passThrough: readonly DnsRecipe[];
  /** A sentence to go with the recipes. */
  readonly recipeNotes: readonly string[];
  /** A name to try on a client. */
  readonly tryName: string;
  /** Where the names lead now although they should not; a proxy may be there. */
  readonly foreign: readonly string[];
  readonly facts: CheckFacts;
}

/** Remarks as the result of a check: the worst decides, every answer is in the facts. */
export function resultOf(remarks: readonly Remark[], advice: Advice): CheckResult {
  const serious = remarks.filter(({ level }) => level !== 'note');
  // A name that leads where it should is said in the headline already.
  const side = remarks.filter(({ level, right }) => level === 'note' && right !== true);
  const { facts } = advice;
  const [worst] = serious;
  if (worst === undefined) return pass([advice.headline, ...side.map(sentence)], { facts });
  const say = worst.level === 'fail' ? fail : warn;
  return say(remarks.map(sentence), { fix: fixFor(serious, advice), facts });
}

/** "sandstorm.corp.lan -> 10.20.0.5, this machine (asked 10.20.0.2)" */
export function leadsTo(
  name: string,
  right: readonly string[],
  { expectAddress }: Wanted,
  sources: readonly Source[],
): string {
  const which = expectAddress === undefined ? 'this machine' : 'as expected';
  const asked = sources.map((source) => source.name);
  return `${name} -> ${right.join(', ')}, ${which}${asked.length === 0 ? '' : ` (asked ${listed(asked)})`}`;
}

/** One remark as a sentence. */
export function sentence({ before, sources, after }: Remark): string {
  return before + listed(sources.map(({ name }) => name)) + after;
}

/** "a, b and c" */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

function fixFor(remarks: readonly Remark[], advice: Advice): readonly string[] {
  const having = (trouble: Trouble) => remarks.filter((remark) => remark.trouble === trouble);
  const lines: string[] = [];
  const emptied = having('emptied');
  if (emptied.length > 0) {
    lines.push(`if ${listed(serversOf(emptied))} forwards to another server, let private addresses through:`);
    lines.push(...describeRecipes(advice.passThrough).map((line) => `  ${line}`), 'if not:');
  }
  const record = [...having('record'), ...emptied];
  if (record.length > 0) {
    const where = serversOf(record);
    lines.push(`${where.length === 0 ? 'on the DNS servers' : `on ${listed(where)}`} have this record:`);
    lines.push(...describeRecipes(advice.recipes).map((line) => `  ${line}`), ...advice.recipeNotes);
    lines.push(`try on a client: ${clientTest(advice.tryName)}`);
    lines.push(
      ...advice.foreign.map(
        (address) => `if ${address} passes requests on to this machine: --expect-address ${address}`,
      ),
    );
  }
  lines.push(
    ...having('server').flatMap(({ sources }) => sources.map((source) => tryServer(source, advice))),
  );
  if (having('listen').length > 0) {
    lines.push('give --bind-ip an address that the names lead to, or 0.0.0.0 for every IPv4 address');
  }
  return lines;
}

function serversOf(remarks: readonly Remark[]): readonly string[] {
  const names = remarks.flatMap(({ sources }) => sources.filter(({ origin }) => origin !== 'lookup'));
  return [...new Set(names.map(({ name }) => name))];
}

function tryServer({ name, origin }: Source, advice: Advice): string {
  const { address, port } = parseResolver(name);
  const command = `nslookup ${port === 53 ? '' : `-port=${port} `}${advice.tryName} ${address}`;
  const otherwise = origin === 'given' ? 'leave out its --resolver' : 'take it out of /etc/resolv.conf';
  return `see whether ${name} is up and may be asked from here (${command}), or ${otherwise}`;
}

/** Every answer, for --json. */
export function factsOf(observations: readonly Observation[]): readonly GivenAnswer[] {
  return observations.map(({ source, name, ipv4, ipv6 }) => ({
    from: source.name,
    origin: source.origin,
    name,
    ipv4,
    ipv6,
  }));
}
