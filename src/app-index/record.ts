import type { AppPackage } from '../apps/app-package.js';
import { licenseTitle } from '../apps/license-title.js';
import { imageId, indexIcon } from './image-id.js';
import type { AppDetails, IndexAuthor, IndexEntry } from './format.js';
import { IMAGE_ID, PACKAGE_ID, APP_ID } from './layout.js';

/**
 * DIR/store/<packageId>/record.json: what the index would say of this package, so that nothing has to be read from
 * the package again. `entry` and `details` are as they are published, but for the house's own decisions.
 */
export interface PackageRecord {
  readonly version: 1;
  readonly entry: IndexEntry;
  readonly details: AppDetails;
  /** See AppPackage. */
  readonly signedBy: string;
  readonly packedBytes: number;
  /** ISO 8601: a damaged one was replaced then by a whole one, and has to be published anew. */
  readonly mendedAt?: string;
}

/**
 * What is put on record of a package. Pure.
 * @param takenAt becomes `createdAt`
 * @param author what is known of the author from elsewhere; the package vouches for its own only
 */
export function recordOf(app: AppPackage, takenAt: Date, author: IndexAuthor = ownWord(app)): PackageRecord {
  const { metadata } = app;
  const icon = indexIcon(metadata.icons);
  const { upstreamAuthor } = metadata.author;
  const { shortDescription, description } = metadata;
  const [webLink, codeLink] = [webAddress(metadata.website), webAddress(metadata.codeUrl)];
  const license = licenseTitle(metadata.license);
  return {
    version: 1,
    entry: {
      appId: app.appId,
      name: app.title,
      version: app.marketingVersion,
      packageId: app.packageId,
      ...(icon === undefined ? {} : { imageId: imageId(icon) }),
      ...(webLink === undefined ? {} : { webLink }),
      ...(codeLink === undefined ? {} : { codeLink }),
      isOpenSource: metadata.license.kind === 'openSource',
      categories: metadata.categories.map(({ title }) => title),
      author,
      ...(upstreamAuthor === undefined ? {} : { upstreamAuthor }),
      ...(shortDescription === undefined ? {} : { shortDescription }),
      createdAt: indexMoment(takenAt),
      versionNumber: app.versionNumber,
    },
    details: {
      ...(description === undefined ? {} : { description }),
      screenshots: metadata.screenshots.map(({ image, width, height }) => ({
        imageId: imageId(image),
        width,
        height,
      })),
      ...(license === undefined ? {} : { license }),
    },
    signedBy: app.signedBy,
    packedBytes: app.packedBytes,
  };
}

/** Every image that the index shows of a package, by the name it has there. Pure. */
export function imagesOf({ metadata }: AppPackage): ReadonlyMap<string, Uint8Array> {
  const icon = indexIcon(metadata.icons);
  const images = [...(icon === undefined ? [] : [icon]), ...metadata.screenshots.map(({ image }) => image)];
  return new Map(images.map((image) => [imageId(image), image.bytes]));
}

/** The names of those images, from the record. */
export function imageIdsOf({ entry, details }: Pick<PackageRecord, 'entry' | 'details'>): string[] {
  const icon = entry.imageId === undefined ? [] : [entry.imageId];
  return [...new Set([...icon, ...details.screenshots.map((shot) => shot.imageId)])];
}

export function recordText(record: PackageRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** undefined for what is no record: it was damaged, or a later version wrote it. */
export function parseRecord(text: string): PackageRecord | undefined {
  try {
    const said = JSON.parse(text) as Omit<PackageRecord, 'version'> & { readonly version: unknown };
    return said.version === 1 && isWhole(said) ? { ...said, version: 1 } : undefined;
  } catch {
    return undefined;
  }
}

/** As far as anything is done with it: ids become file names. */
function isWhole(said: Pick<PackageRecord, 'entry' | 'details' | 'packedBytes'>): boolean {
  const { entry } = said;
  return (
    PACKAGE_ID.test(entry.packageId) &&
    APP_ID.test(entry.appId) &&
    Number.isSafeInteger(entry.versionNumber) &&
    typeof entry.name === 'string' &&
    typeof entry.version === 'string' &&
    typeof entry.createdAt === 'string' &&
    Number.isSafeInteger(said.packedBytes) &&
    imageIdsOf(said).every((id) => IMAGE_ID.test(id))
  );
}

/** 2014-08-21T09:19:29Z */
function indexMoment(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

function ownWord({ metadata }: AppPackage): IndexAuthor {
  const { pgpName } = metadata.author;
  return pgpName === undefined ? {} : { name: pgpName };
}

/** A stranger's link becomes one on the house's page: nothing but the web (`javascript:` is a link too). */
function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  return ['http:', 'https:'].includes(new URL(text).protocol) ? text : undefined;
}
