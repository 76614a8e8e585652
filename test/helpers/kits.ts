import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeHouseKey, type HouseKey } from '../../src/kit/house-key.js';
import { trustKey } from '../../src/kit/key-store.js';
import { FORMAT, manifestText, type FileKind, type KitManifest } from '../../src/kit/manifest.js';
import { signManifest } from '../../src/kit/signature.js';
import { measure, type KitSource } from '../../src/kit/sources.js';
import { writeKit } from '../../src/kit/write-kit.js';
import { receiveKit, type ReceivedKit, type ReceiveWish } from '../../src/operations/kit/receive.js';
import { verifyKit } from '../../src/operations/kit/verify.js';
import type { Host } from '../../src/system/host.js';
import { privateMachine, type PrivateMachine } from './machine-host.js';
import { quietUi } from './mirroring.js';
import { bytesOf } from './upstream-index.js';

export interface KitWish extends Partial<Omit<KitManifest, 'files'>> {
  /** By name; a kit of two unlike files when left out. */
  readonly contents?: Readonly<Record<string, Buffer>>;
  readonly form?: 'folder' | 'tar';
  readonly partSize?: number;
  readonly signer?: HouseKey;
  /** Laid over the manifest before it is signed. */
  readonly alter?: (manifest: KitManifest) => KitManifest;
}

export interface MadeKit {
  readonly path: string;
  readonly manifest: KitManifest;
}

/** A machine that takes in kits, and trusts the house whose key signs them. */
export interface KitBox {
  readonly host: Host;
  readonly root: string;
  readonly key: HouseKey;
  make(name: string, wish?: KitWish): Promise<MadeKit>;
  receive(kit: MadeKit, wish?: Partial<ReceiveWish>): Promise<ReceivedKit>;
  /** "NAME STATE" of each finding. */
  faults(kit: MadeKit): Promise<string[]>;
}

let made = 0;

export async function kitBox(machine?: Pick<PrivateMachine, 'host' | 'root'>): Promise<KitBox> {
  const { host, root } = machine ?? (await privateMachine());
  const key = makeHouseKey('test', new Date('2026-01-02T03:04:05Z'));
  await trustKey(key, 'a test', host);
  return {
    host,
    root,
    key,
    make: (name, wish = {}) => makeKit(join(root, name), { signer: key, ...wish }, host),
    receive: ({ path }, wish = {}) =>
      receiveKit({ path, index: undefined, allowOlder: false, dryRun: false, ...wish }, host, quietUi),
    faults: async ({ path }) =>
      (await verifyKit(path, host, quietUi)).findings.map(({ name, state }) => `${name} ${state}`),
  };
}

async function makeKit(
  path: string,
  wish: KitWish & { readonly signer: HouseKey },
  host: Host,
): Promise<MadeKit> {
  const { contents = USUAL, form = 'folder', partSize, signer, alter = unaltered, ...head } = wish;
  const folder = `${path}.sources`;
  await mkdir(folder, { recursive: true });
  const files = [];
  for (const [name, bytes] of Object.entries(contents)) {
    const from = { path: join(folder, name) };
    await writeFile(from.path, bytes);
    const source: KitSource = { name, kind: kindOf(name), from };
    files.push(await measure(source, partSize, host));
  }
  made += 1;
  const manifest = alter({
    format: FORMAT,
    id: made.toString(16).padStart(32, '0'),
    serial: 1000 + made,
    created: new Date(1_700_000_000_000 + made * 60_000).toISOString(),
    expires: null,
    purpose: 'a test',
    madeWith: 'test',
    key: signer.key,
    base: null,
    builds: [],
    ...head,
    files: files.map(({ file }) => file),
  });
  const text = manifestText(manifest);
  const signature = signManifest(Buffer.from(text), signer);
  await writeKit(path, form, { manifest: text, signature, files }, host, () => undefined);
  return { path, manifest };
}

function kindOf(name: string): FileKind {
  const kinds: readonly (readonly [RegExp, FileKind])[] = [
    [/\.spk$/, 'package'],
    [/\.tar\.xz$/, 'release'],
    [/\.update-sig$/, 'update-sig'],
    [/^install\.sh$/, 'install-script'],
    [/^market\.json$/, 'market'],
  ];
  return kinds.find(([form]) => form.test(name))?.[1] ?? 'tool';
}

const USUAL = { 'one.bin': bytesOf('one', 5_000), 'two.bin': bytesOf('two', 3_000) };

const unaltered = (manifest: KitManifest): KitManifest => manifest;
