import { resolve } from 'node:path';
import type { Finding } from '../../app-index/verify/finding.js';
import { verifyPackage } from '../../apps/read-package.js';
import { Refusal } from '../../errors.js';
import { SITE_PARTS } from '../../operations/app-index/site-parts.js';
import { verifyAddress, verifyFolder, type Verified } from '../../operations/app-index/verify.js';
import { parseIndexUrl } from '../../app-index/verify/index-url.js';
import { keepMemoryLow } from '../../system/memory.js';
import { count, fold } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { VERIFY_OPTIONS } from './app-index.js';

export async function verify(
  context: CommandContext<typeof VERIFY_OPTIONS>,
): Promise<OutcomeOf<'index verify'>> {
  keepMemoryLow();
  const { host, ui } = context;
  const place = await context.need('place');
  const url = /^https?:\/\//i.test(place) ? parseIndexUrl(place, 'DIR-OR-URL') : undefined;
  const verified = await ui.step('Verify', (progress) => {
    const tools = {
      read: verifyPackage,
      parts: SITE_PARTS,
      onProgress: (what: string, done: number, of: number) =>
        progress.detail(`${what}: ${String(done)} of ${String(of)}`),
    };
    return url === undefined
      ? verifyFolder(resolve(host.cwd, place), tools, host)
      : verifyAddress(url, tools, host);
  });
  for (const line of verified.findings.flatMap((one) => findingLines(one, context.columns))) ui.say(line);
  const result = { place: url ?? resolve(host.cwd, place), ...verified };
  const failed = refusalOf(result.place, verified, result);
  if (failed !== undefined) throw failed;
  return { changed: false, result, text: summary(verified) };
}

export interface IndexVerified extends Verified {
  /** Folder or address. */
  readonly place: string;
}

function findingLines({ level, about, problem, fix }: Finding, columns: number): string[] {
  const mark = level === 'fault' ? '✖' : '!';
  const said = fold(`  ${mark} ${about}: ${problem}`, columns, 4);
  return fix === undefined ? [said] : [said, fold(`    fix: ${fix}`, columns, 9)];
}

function summary({ apps, packages, images, settings }: Verified): string {
  const whole = `${count(apps, 'app')}, ${count(packages, 'package')} and ${count(images, 'image')}: all whole.`;
  if (settings === undefined) return whole;
  return [
    whole,
    '',
    'In Sandstorm, at /admin/app-sources:',
    `  App market URL   ${settings.appMarketUrl}`,
    `  App index URL    ${settings.appIndexUrl}`,
  ].join('\n');
}

/** Wrong files weigh more than a network that does not lead to them. */
function refusalOf(place: string, { findings }: Verified, result: IndexVerified): Refusal | undefined {
  const faults = findings.filter(({ level }) => level === 'fault');
  const [first] = faults.filter(({ kind }) => kind === 'contents').concat(faults);
  if (first === undefined) return undefined;
  const more = faults.length === 1 ? '' : `, and ${count(faults.length - 1, 'other fault')}`;
  const code = first.kind === 'contents' ? 'E_INDEX_BROKEN' : 'E_INDEX_UNREACHABLE';
  const hint = first.fix === undefined ? {} : { hint: first.fix };
  return new Refusal(code, `${place}: ${first.about}: ${first.problem}${more}`, { ...hint, result });
}
