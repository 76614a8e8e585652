import { selfCheck, type SelfCheck } from '../../operations/self-check.js';
import { ownVersion } from '../../own-version.js';
import { standingInTheWay } from '../../preflight/run-checks.js';
import { glibcVersion, ownBuild } from '../../system/own-build.js';
import { count } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';

export async function run({ home, host, ui }: CommandContext): Promise<OutcomeOf<'self-check'>> {
  const running = {
    version: ownVersion(),
    build: await ownBuild(),
    node: process.versions.node,
    glibc: glibcVersion(),
  };
  const result = await selfCheck(running, home, host, ui);
  return { changed: false, result, text: selfCheckText(result) };
}

export function selfCheckText(result: SelfCheck): string {
  const { version, build, parts, program, node, glibc, machine } = result;
  const rows = [['Version', version]];
  if (build === null) rows.push(['Build', 'none: it runs from its sources']);
  else {
    const commit = build.commit === null ? 'sources without a history' : `commit ${build.commit}`;
    rows.push(['Build', `${commit}${build.dirty ? ', changed' : ''}, ${build.date.slice(0, 10)}`]);
    rows.push(['Bundle', `whole: ${count(parts, 'part')}, SHA-256 ${build.bundle}`]);
  }
  rows.push(['Node', `${node}${build?.node === node ? ', its own' : ", the machine's"}`]);
  if (glibc !== null) rows.push(['glibc', glibc]);
  if (program !== null) rows.push(['Program', program.path], ['', `SHA-256 ${program.sha256}`]);
  const missing = standingInTheWay(machine).map(({ lines }) => lines[0] ?? '');
  rows.push(['Lacks', missing[0] ?? 'nothing'], ...missing.slice(1).map((line) => ['', line]));
  return ['', ...rows.map(([word = '', text = '']) => `  ${word.padEnd(10)}${text}`)].join('\n');
}
