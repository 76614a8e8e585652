import type { AppDetails, IndexAuthor, IndexEntry, ScreenshotRef } from '../format.js';
import { APP_ID, IMAGE_ID, PACKAGE_ID } from '../layout.js';

/** What an index elsewhere says, as far as it is fit to be said again. */
export interface Upstream {
  readonly entries: readonly IndexEntry[];
  /** Entries left out, and why. */
  readonly refused: readonly { readonly app: string; readonly why: string }[];
}

const MOST_APPS = 10_000;
const MOST_SCREENSHOTS = 100;
const LONGEST_TEXT = 4_000;
/** All of them are in memory at once while they are published. */
const LONGEST_DESCRIPTION = 64_000;
const LARGEST_VERSION = 0xffff_ffff;

/**
 * Reads apps/index.json of a stranger. Ids become paths here and links in a page, so they must have their exact form;
 * nothing that is not known is passed on.
 * @returns undefined when it is no index at all
 */
export function parseUpstreamIndex(text: string): Upstream | undefined {
  const apps = field(parsed(text), 'apps');
  if (!Array.isArray(apps) || apps.length > MOST_APPS) return undefined;
  const entries = new Map<string, IndexEntry>();
  const refused: { app: string; why: string }[] = [];
  for (const app of apps as unknown[]) {
    const entry = parseEntry(app);
    if (typeof entry === 'string') {
      refused.push({ app: shown(field(app, 'name') ?? field(app, 'appId')), why: entry });
      continue;
    }
    const other = entries.get(entry.appId);
    if (other === undefined || other.versionNumber < entry.versionNumber) entries.set(entry.appId, entry);
  }
  return { entries: [...entries.values()], refused };
}

/** apps/<appId>.json. @returns undefined when it is none */
export function parseUpstreamDetails(text: string): AppDetails | undefined {
  const said = parsed(text);
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined;
  const listed = field(said, 'screenshots');
  const screenshots = Array.isArray(listed) ? listed.slice(0, MOST_SCREENSHOTS).map(screenshot) : [];
  return {
    ...optional('description', words(field(said, 'description'), LONGEST_DESCRIPTION)),
    screenshots: screenshots.filter((one) => one !== undefined),
    ...optional('license', words(field(said, 'license'))),
  };
}

function parseEntry(said: unknown): IndexEntry | string {
  const appId = field(said, 'appId');
  const packageId = field(said, 'packageId');
  const imageId = field(said, 'imageId');
  const versionNumber = field(said, 'versionNumber');
  const createdAt = field(said, 'createdAt');
  const name = words(field(said, 'name'));
  if (!has(APP_ID, appId)) return 'its app id has not the form of one';
  if (!has(PACKAGE_ID, packageId)) return 'its package id has not the form of one';
  if (imageId !== undefined && imageId !== null && imageId !== '' && !has(IMAGE_ID, imageId)) {
    return 'its image id has not the form of one';
  }
  if (!isWhole(versionNumber, 0, LARGEST_VERSION)) return 'it has no version number';
  if (name === undefined) return 'it has no name';
  if (typeof createdAt !== 'string' || Number.isNaN(Date.parse(createdAt))) return 'it has no date';
  const categories = field(said, 'categories');
  return {
    appId,
    name,
    version: words(field(said, 'version')) ?? String(versionNumber),
    packageId,
    ...(has(IMAGE_ID, imageId) ? { imageId } : {}),
    ...optional('webLink', webAddress(field(said, 'webLink'))),
    ...optional('codeLink', webAddress(field(said, 'codeLink'))),
    isOpenSource: field(said, 'isOpenSource') === true,
    categories: Array.isArray(categories)
      ? categories
          .slice(0, 50)
          .map((one) => words(one))
          .filter((one) => one !== undefined)
      : [],
    author: parseAuthor(field(said, 'author')),
    ...optional('upstreamAuthor', words(field(said, 'upstreamAuthor'))),
    ...optional('shortDescription', words(field(said, 'shortDescription'))),
    createdAt: new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    versionNumber,
  };
}

/** Without `picture`: it lies on another server, which nobody reaches from here. */
function parseAuthor(said: unknown): IndexAuthor {
  const names = [
    'name',
    'keybaseUsername',
    'githubUsername',
    'twitterUsername',
    'hackernewsUsername',
    'redditUsername',
  ] as const;
  return Object.assign({}, ...names.map((name) => optional(name, words(field(said, name))))) as IndexAuthor;
}

function screenshot(said: unknown): ScreenshotRef | undefined {
  const [imageId, width, height] = [field(said, 'imageId'), field(said, 'width'), field(said, 'height')];
  const fits = has(IMAGE_ID, imageId) && isWhole(width, 1, 100_000) && isWhole(height, 1, 100_000);
  return fits ? { imageId, width, height } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}

function has(form: RegExp, id: unknown): id is string {
  return typeof id === 'string' && form.test(id);
}

function isWhole(number: unknown, least: number, most: number): number is number {
  return Number.isInteger(number) && (number as number) >= least && (number as number) <= most;
}

function words(text: unknown, longest = LONGEST_TEXT): string | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  // Line ends belong into descriptions; what else controls a terminal belongs nowhere.
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  return text.slice(0, longest).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ' ');
}

/** `javascript:` in a link would run in the market's name. */
function webAddress(text: unknown): string | undefined {
  const address = words(text);
  if (address === undefined || !URL.canParse(address)) return undefined;
  return /^https?:$/.test(new URL(address).protocol) ? address : undefined;
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

function shown(name: unknown): string {
  return (words(name) ?? 'an app without a name').replace(/\s+/g, ' ').slice(0, 80);
}
