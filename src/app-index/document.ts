import { Refusal } from '../errors.js';
import { isObject } from '../json.js';
import type { Host } from '../system/host.js';
import { APP_ID, PACKAGE_ID, indexLayout } from './layout.js';

/** DIR/app-index.json: what the house decided. Its packages are in the store, and in no list here. */
export interface IndexDocument {
  readonly version: 1;
  /** The name of the market, plain text. */
  readonly title: string;
  /** Base URLs of the house's Sandstorm servers, into which the market offers to install; may be empty. */
  readonly servers: readonly string[];
  readonly apps: Readonly<Record<string, AppDecision>>;
}

/** By app id; an app about which nothing was decided is not named. */
export interface AppDecision {
  /** The package that is published for it, whatever else is in the store; otherwise the newest. */
  readonly pin?: string;
  /** Not listed: no market page, no updates. */
  readonly hidden?: true;
  /** Instead of the package's own short description. */
  readonly description?: string;
}

const LONGEST = 16 * 1024 * 1024;
export const DEFAULT_TITLE = 'Apps';

/** @throws Refusal E_INDEX_MISSING, E_INDEX_DOCUMENT, E_IO */
export async function readDocument(dir: string, host: Host): Promise<IndexDocument> {
  const document = await findDocument(dir, host);
  if (document === undefined) throw noIndex(dir);
  return document;
}

/** undefined when the folder is no app index. @throws Refusal E_INDEX_DOCUMENT, E_IO */
export async function findDocument(dir: string, host: Host): Promise<IndexDocument | undefined> {
  const file = indexLayout(dir).document;
  const text = await host.files.readText(file, LONGEST);
  return text === undefined ? undefined : parseDocument(text, file);
}

export async function writeDocument(dir: string, document: IndexDocument, host: Host): Promise<void> {
  await host.files.writeAtomic(indexLayout(dir).document, documentText(document));
}

/** The one text for the same decisions: apps by id, nothing that says nothing. Pure. */
export function documentText({ title, servers, apps }: IndexDocument): string {
  const ids = Object.keys(apps).sort();
  const decisions = ids.flatMap((id) => {
    const { pin, hidden, description } = apps[id] ?? {};
    const decision = {
      ...(pin === undefined ? {} : { pin }),
      ...(hidden === undefined ? {} : { hidden }),
      ...(description === undefined ? {} : { description }),
    };
    return Object.keys(decision).length === 0 ? [] : [[id, decision] as const];
  });
  return `${JSON.stringify({ version: 1, title, servers, apps: Object.fromEntries(decisions) }, null, 2)}\n`;
}

/** The document with something else decided about one app; what is set to undefined is decided no longer. Pure. */
export function decided(
  document: IndexDocument,
  appId: string,
  change: { readonly [K in keyof AppDecision]?: AppDecision[K] | undefined },
): IndexDocument {
  const all = { ...document.apps[appId], ...change };
  const said = Object.entries(all).filter(([, value]) => value !== undefined);
  const others = Object.entries(document.apps).filter(([id]) => id !== appId);
  const apps = said.length === 0 ? others : [...others, [appId, Object.fromEntries(said)] as const];
  return { ...document, apps: Object.fromEntries(apps) as IndexDocument['apps'] };
}

/** @param file for the message @throws Refusal E_INDEX_DOCUMENT */
export function parseDocument(text: string, file: string): IndexDocument {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw broken(file, 'it is not JSON');
  }
  if (!isObject(said)) throw broken(file, 'it holds no object');
  const { version, title, servers, apps } = said;
  if (version !== 1) throw broken(file, 'its version is not 1');
  if (typeof title !== 'string') throw broken(file, 'its title is no text');
  if (!isTexts(servers)) throw broken(file, 'its servers are no list of addresses');
  if (!isObject(apps)) throw broken(file, 'its apps are no object');
  for (const [id, decision] of Object.entries(apps)) {
    if (!APP_ID.test(id)) throw broken(file, `"${id.slice(0, 80)}" is not an app id`);
    if (!isDecision(decision)) throw broken(file, `what it says of ${id} is not understood`);
  }
  return { version, title, servers, apps: apps as IndexDocument['apps'] };
}

function isDecision(said: unknown): said is AppDecision {
  if (!isObject(said)) return false;
  const { pin, hidden, description, ...others } = said;
  // An unknown key may be a later version's way to hold an app back: better not to publish it by mistake.
  return (
    Object.keys(others).length === 0 &&
    (pin === undefined || (typeof pin === 'string' && PACKAGE_ID.test(pin))) &&
    (hidden === undefined || hidden === true) &&
    (description === undefined || typeof description === 'string')
  );
}

function isTexts(said: unknown): said is string[] {
  return Array.isArray(said) && said.every((one) => typeof one === 'string');
}

function noIndex(dir: string): Refusal {
  return new Refusal('E_INDEX_MISSING', `${dir} is not an app index`, {
    hint: `sandstorm-airgap index init ${dir}`,
  });
}

function broken(file: string, why: string): Refusal {
  return new Refusal('E_INDEX_DOCUMENT', `${file} cannot be used: ${why}`, {
    hint: 'mend it by hand, or put a copy of it back; the packages are in the store and unharmed',
  });
}
