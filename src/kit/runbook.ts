import { bytes, moment } from '../words.js';
import type { Catalogue } from './catalogue.js';
import type { KitBase, KitFile } from './manifest.js';

/** What a runbook can tell of a kit. */
export interface RunbookFacts {
  readonly created: string;
  readonly expires: string | null;
  readonly purpose: string;
  /** Line of the key that signs it. */
  readonly key: string;
  readonly base: KitBase | null;
  /** All but the runbook itself. */
  readonly files: readonly KitFile[];
  readonly catalogue: Catalogue | undefined;
}

/**
 * The page that travels with a kit, as Markdown, for whoever stands before the offline server. Pure.
 * The one place to put another runbook in.
 */
export function renderRunbook(facts: RunbookFacts): string {
  const { catalogue, files } = facts;
  const packages = files.filter(({ kind }) => kind === 'package').length;
  const tool = files.find(({ kind }) => kind === 'tool');
  return [
    '# Transfer kit for Sandstorm',
    '',
    ...(facts.purpose === '' ? [] : [facts.purpose, '']),
    `Made ${moment(facts.created)}${facts.expires === null ? '' : `, not to be used after ${moment(facts.expires)}`}.`,
    `Signed by \`${facts.key}\`.`,
    ...(facts.base === null ? [] : [`A difference to the ${facts.base.kind} ${facts.base.id}.`]),
    '',
    ...(catalogue === undefined ? [] : needs(catalogue)),
    '## Steps',
    '',
    'KIT is the path of this kit. Nothing is changed by the first command.',
    '',
    ...(tool === undefined
      ? []
      : [
          `0. Where the tool is not installed: \`install -m 755 KIT/files/${tool.name} /usr/local/bin/sandstorm-airgap\``,
        ]),
    '1. `sandstorm-airgap kit verify KIT` says which part is damaged or missing, if one is.',
    `2. \`sandstorm-airgap kit receive KIT${packages === 0 ? '' : ' --index DIR'}\` takes it in${packages === 0 ? '' : ', packages into the app index DIR'}.`,
    ...(packages === 0
      ? []
      : ['   Then `sandstorm-airgap index build DIR` publishes them, market included.']),
    ...(catalogue === undefined
      ? []
      : [
          '3. On a server that has Sandstorm: `sandstorm-airgap update KIT --dry-run`, then the same with `--yes`.',
          '   On a new one: `sandstorm-airgap install KIT`.',
          '4. `sandstorm-airgap status`. If it fails, the former build comes back by itself; `sandstorm-airgap rollback` goes back later.',
        ]),
    '',
    '## What is in it',
    '',
    '| file | size | SHA-256 |',
    '| --- | ---: | --- |',
    ...files.map(({ name, size, sha256 }) => `| ${name} | ${bytes(size)} | \`${sha256}\` |`),
    '',
  ].join('\n');
}

function needs({ build, unpackedBytes, needsAvx, migratesDatabase, programs }: Catalogue): string[] {
  return [
    `## What build ${String(build)} needs`,
    '',
    `- ${bytes(unpackedBytes)} when unpacked, and the same again for a while during an update`,
    `- on the server: ${programs.join(', ')}`,
    ...(needsAvx ? ['- a processor with AVX (MongoDB 7): `sandstorm-airgap preflight` looks'] : []),
    ...(migratesDatabase
      ? ['- time: the database is migrated to MongoDB 7 in the pause of the first update']
      : []),
    '',
  ];
}
