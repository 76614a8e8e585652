import type { View } from '../runbook/render.js';
import { bytes, count, moment } from '../words.js';
import type { Catalogue } from './catalogue.js';
import type { KitBase, KitFile } from './manifest.js';

/** What a runbook can tell of a kit. */
export interface RunbookFacts {
  readonly id: string;
  readonly created: string;
  readonly expires: string | null;
  readonly purpose: string;
  /** Version of this tool. */
  readonly madeWith: string;
  /** Line of the key that signs it. */
  readonly key: string;
  readonly base: KitBase | null;
  /** All but the runbook itself. */
  readonly files: readonly KitFile[];
  readonly catalogue: Catalogue | undefined;
  readonly form: 'folder' | 'tar';
}

/** What the template kit.md can name. Pure. */
export function kitPageView(facts: RunbookFacts): View {
  const { id, created, expires, purpose, madeWith, key, base, files, catalogue, form } = facts;
  const packages = files.filter(({ kind }) => kind === 'package').length;
  const tool = files.find(({ kind }) => kind === 'tool');
  const hasMarket = files.some(({ kind }) => kind === 'market');
  const holds = [
    ...(catalogue === undefined ? [] : [`${buildOf(catalogue)}, ${catalogue.proof}`]),
    ...(packages === 0 ? [] : [count(packages, 'app package')]),
    ...(hasMarket ? ['what the market shows of apps'] : []),
    ...(tool === undefined ? [] : ['the tool']),
  ];
  return {
    id,
    madeAt: moment(created),
    madeWith,
    expires: expires === null ? 'never' : moment(expires),
    purpose: purpose === '' ? [] : [purpose],
    key,
    base: base === null ? 'nothing, it stands alone' : `${base.kind} ${base.id}`,
    holds: holds.length === 0 ? 'files' : holds.join('; '),
    hasApps: packages > 0 || hasMarket,
    tool: tool === undefined ? [] : [{ take: taking(tool, form), sha256: tool.sha256 }],
    release: catalogue === undefined ? [] : [{ build: buildOf(catalogue), needs: needsOf(catalogue) }],
    files: files.map(({ name, size, sha256 }) => ({ name, size: bytes(size), sha256 })),
  };
}

/** Names of what its lists hold, which may be empty. */
export const KIT_LIST_NAMES = ['build', 'needs', 'take', 'sha256'] as const;

const TOOL = '/usr/local/bin/sandstorm-airgap';

/** Without the tool, which takes kits in otherwise. */
function taking({ name, parts }: KitFile, form: RunbookFacts['form']): string {
  if (form === 'folder' && parts === undefined) return `install -m 755 KIT/files/${name} ${TOOL}`;
  const bytes = form === 'tar' ? `tar -xOf KIT files/${name}` : `cat KIT/files/${name}.???`;
  return `${bytes} > ${TOOL} && chmod 755 ${TOOL}`;
}

function buildOf({ build }: Catalogue): string {
  return `build ${String(build)}`;
}

function needsOf({ unpackedBytes, needsAvx, migratesDatabase, programs }: Catalogue): string[] {
  return [
    `${bytes(unpackedBytes)} of disk when unpacked, and the same again for a while during an update`,
    `these programs: ${programs.join(', ')}`,
    ...(needsAvx ? ['a processor with AVX (MongoDB 7); `sandstorm-airgap preflight` looks'] : []),
    ...(migratesDatabase
      ? ['time: the database is migrated to MongoDB 7 in the pause of the first update']
      : []),
  ];
}

/** A page of made-up contents that names all there is: a template is tried on it before anything is fetched. */
export const EXAMPLE_FACTS: RunbookFacts = {
  id: '0'.repeat(32),
  created: '2026-01-02T03:04:05.000Z',
  expires: null,
  purpose: 'an example',
  madeWith: '0.0.0',
  key: 'an example',
  base: null,
  files: [{ name: 'sandstorm-airgap', kind: 'tool', size: 1, sha256: '0'.repeat(64) }],
  catalogue: {
    build: 1,
    packedBytes: 1,
    unpackedBytes: 1,
    needsAvx: true,
    migratesDatabase: true,
    programs: [],
    proof: 'signed',
  },
  form: 'folder',
};
