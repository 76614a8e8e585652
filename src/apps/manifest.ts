import { MalformedMessage } from '../capnp/malformed.js';
import { Message, type StructReader } from '../capnp/message.js';
import type { AppIcon, AppImage, AppMetadata, Author, License, Screenshot } from './app-package.js';
import { CATEGORIES, OPEN_SOURCE_LICENSES, type Titled } from './package-schema.js';

/** What a package's `sandstorm-manifest` says, before anybody has looked at the author's signature. */
export interface Manifest {
  readonly title: string;
  readonly marketingVersion: string;
  readonly versionNumber: number;
  readonly metadata: AppMetadata;
  /** An OpenPGP message over a sentence with the app id, and the keys to check it with. */
  readonly pgpSignature?: Uint8Array;
  readonly pgpKeyring?: Uint8Array;
}

/** Upstream's own limit, `Manifest.sizeLimitInWords`. */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** More than any market page would show. */
const MAX_SCREENSHOTS = 100;
const MAX_CATEGORIES = 100;

/**
 * Places of the fields as `capnp compile -ocapnp package.capnp` gives them: pointers by index, numbers by byte.
 */
const MANIFEST = { appVersion: 8, appMarketingVersion: 2, appTitle: 3, metadata: 4 };
const METADATA = {
  appGrid: 0,
  grain: 1,
  market: 2,
  website: 3,
  codeUrl: 4,
  licenseTag: 0,
  openSource: 2,
  licenseText: 5,
  categories: 7,
  contactEmail: 8,
  pgpSignature: 9,
  pgpKeyring: 10,
  description: 11,
  shortDescription: 12,
  screenshots: 13,
  changeLog: 14,
  upstreamAuthor: 16,
};
const ICON = { tag: 0, svg: 1, png: 2, dpi1x: 0, dpi2x: 1 };
const SCREENSHOT = { width: 0, height: 4, tag: 8, png: 1, jpeg: 2, image: 0 };

/**
 * @param bytes of the file `sandstorm-manifest`, at most MAX_MANIFEST_BYTES
 * @throws MalformedMessage, also for addresses that are none of the web
 */
export function readManifest(bytes: Uint8Array): Manifest {
  const root = Message.read(bytes, {
    traversalWords: MAX_MANIFEST_BYTES / 8,
    trailing: 'ignore',
  }).root();
  const metadata = root.struct(MANIFEST.metadata);
  return {
    title: localized(root, MANIFEST.appTitle) ?? '',
    marketingVersion: localized(root, MANIFEST.appMarketingVersion) ?? '',
    versionNumber: root.uint32(MANIFEST.appVersion),
    metadata: metadataOf(metadata),
    ...given('pgpSignature', metadata.bytes(METADATA.pgpSignature)),
    ...given('pgpKeyring', metadata.bytes(METADATA.pgpKeyring)),
  };
}

function metadataOf(metadata: StructReader): AppMetadata {
  return {
    icons: {
      ...given('appGrid', iconOf(metadata.struct(METADATA.appGrid))),
      ...given('grain', iconOf(metadata.struct(METADATA.grain))),
      ...given('market', iconOf(metadata.struct(METADATA.market))),
    },
    ...given('website', webAddress(metadata.text(METADATA.website))),
    ...given('codeUrl', webAddress(metadata.text(METADATA.codeUrl))),
    license: licenseOf(metadata),
    categories: categoriesOf(metadata),
    author: authorOf(metadata),
    ...given('shortDescription', localized(metadata, METADATA.shortDescription)),
    ...given('description', localized(metadata, METADATA.description)),
    ...given('changeLog', localized(metadata, METADATA.changeLog)),
    screenshots: screenshotsOf(metadata),
  };
}

function authorOf(metadata: StructReader): Author {
  return {
    ...given('contactEmail', metadata.text(METADATA.contactEmail)),
    ...given('upstreamAuthor', metadata.text(METADATA.upstreamAuthor)),
  };
}

function licenseOf(metadata: StructReader): License {
  switch (metadata.uint16(METADATA.licenseTag)) {
    case 1: {
      const license = OPEN_SOURCE_LICENSES[metadata.uint16(METADATA.openSource)];
      return license === undefined ? { kind: 'none' } : { kind: 'openSource', ...license };
    }
    case 2:
      return { kind: 'proprietary', ...given('text', localized(metadata, METADATA.licenseText)) };
    case 3:
      return { kind: 'publicDomain', ...given('text', localized(metadata, METADATA.licenseText)) };
    default:
      return { kind: 'none' };
  }
}

/** Each once; those that a later Sandstorm has added are left out. */
function categoriesOf(metadata: StructReader): Titled[] {
  const list = metadata.list(METADATA.categories);
  if (list === undefined) return [];
  if (list.count > MAX_CATEGORIES) throw new MalformedMessage('it names more categories than there are');
  const known = [...new Set(list.numbers(16))].map((number) => CATEGORIES[number]);
  return known.filter((category) => category !== undefined);
}

function screenshotsOf(metadata: StructReader): Screenshot[] {
  const list = metadata.list(METADATA.screenshots);
  if (list === undefined) return [];
  if (list.count > MAX_SCREENSHOTS)
    throw new MalformedMessage('it has more screenshots than anybody looks at');
  return [...list.structs()].flatMap((one) => {
    const format = imageFormat(one.uint16(SCREENSHOT.tag));
    const bytes = format === undefined ? undefined : one.bytes(SCREENSHOT.image);
    if (format === undefined || bytes === undefined || bytes.length === 0) return [];
    return [
      {
        width: one.uint32(SCREENSHOT.width),
        height: one.uint32(SCREENSHOT.height),
        image: { format, bytes },
      },
    ];
  });
}

function imageFormat(tag: number): 'png' | 'jpeg' | undefined {
  if (tag === SCREENSHOT.png) return 'png';
  return tag === SCREENSHOT.jpeg ? 'jpeg' : undefined;
}

function iconOf(icon: StructReader): AppIcon | undefined {
  switch (icon.uint16(ICON.tag)) {
    case ICON.svg: {
      const text = icon.text(0);
      return text === undefined || text === ''
        ? undefined
        : { single: { format: 'svg', bytes: Buffer.from(text) } };
    }
    case ICON.png: {
      const single = png(icon.bytes(ICON.dpi1x));
      const double = png(icon.bytes(ICON.dpi2x));
      const one = single ?? double;
      return one === undefined ? undefined : { single: one, ...given('double', double) };
    }
    default:
      return undefined;
  }
}

function png(bytes: Uint8Array | undefined): AppImage | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : { format: 'png', bytes };
}

/** As upstream's `spk verify`: such an address becomes a link in a browser, and `javascript:` is one too. */
function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^https?:\/\//.test(text)) throw new MalformedMessage('it gives a web address that is not http(s)');
  return text;
}

/** The default text of a LocalizedText. */
function localized(struct: StructReader, pointer: number): string | undefined {
  return struct.struct(pointer).text(0);
}

/** A property that is there or not at all. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
