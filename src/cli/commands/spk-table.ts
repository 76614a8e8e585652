import type { AppIcon, AppImage, AppMetadata, AppPackage } from '../../apps/app-package.js';
import { licenseTitle } from '../../apps/license-title.js';
import { bytes } from '../../words.js';

/** For people. Every text in it is a stranger's. */
export function table(seen: AppPackage): string[] {
  const { metadata } = seen;
  const { author } = metadata;
  const names = metadata.categories.map(({ title }) => title);
  return [
    row('App', oneLine(seen.title) || '(no title)'),
    row('Version', `${oneLine(seen.marketingVersion) || '(none)'} (number ${String(seen.versionNumber)})`),
    row('App id', seen.appId),
    ...(seen.signedBy === seen.appId
      ? []
      : [row('Signed by', `${seen.signedBy}, which replaces the key of the app`)]),
    row('Package id', seen.packageId),
    row(
      'Author',
      [author.upstreamAuthor, author.contactEmail].map(oneLine).filter(Boolean).join(', ') || '(none named)',
    ),
    row('PGP key', pgp(seen)),
    row('Licence', licenseTitle(metadata.license) ?? '(none)'),
    row('Categories', names.join(', ') || '(none)'),
    row('Size', `${bytes(seen.packedBytes)}, ${bytes(seen.unpackedBytes)} unpacked`),
  ];
}

function pgp({ metadata: { author } }: AppPackage): string {
  if (author.pgpProblem !== undefined) return `NOT VALID: ${oneLine(author.pgpProblem)}`;
  if (author.pgpFingerprint === undefined) return '(none)';
  const name = oneLine(author.pgpName);
  return `${author.pgpFingerprint}${name === '' ? '' : `, says it is ${name}`}`;
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(12)}${value}`;
}

const MAX_SHOWN = 100;

/** Nothing in it moves the cursor, changes direction or fills the screen. */
export function oneLine(text = ''): string {
  const clean = text
    .slice(0, 4 * MAX_SHOWN)
    .replace(/\s+/g, ' ')
    .replace(/\p{C}/gu, '')
    .trim();
  return clean.length <= MAX_SHOWN ? clean : `${clean.slice(0, MAX_SHOWN - 1)}…`;
}

/** For scripts: all but the pictures themselves. */
export interface PackageData extends Omit<AppPackage, 'metadata'> {
  readonly metadata: Omit<AppMetadata, 'icons' | 'screenshots'> & {
    readonly icons: { readonly appGrid?: IconData; readonly grain?: IconData; readonly market?: IconData };
    readonly screenshots: readonly (ImageData & { readonly width: number; readonly height: number })[];
  };
}

interface IconData extends ImageData {
  readonly double?: ImageData;
}

interface ImageData {
  readonly format: AppImage['format'];
  /** How many. */
  readonly bytes: number;
}

export function asData({ metadata, ...rest }: AppPackage): PackageData {
  const { icons, screenshots } = metadata;
  return {
    ...rest,
    metadata: {
      ...metadata,
      icons: Object.fromEntries(Object.entries(icons).map(([use, icon]) => [use, iconData(icon)])),
      screenshots: screenshots.map(({ width, height, image }) => ({ width, height, ...imageData(image) })),
    },
  };
}

function iconData({ single, double }: AppIcon): IconData {
  return { ...imageData(single), ...(double === undefined ? {} : { double: imageData(double) }) };
}

function imageData({ format, bytes: content }: AppImage): ImageData {
  return { format, bytes: content.length };
}
