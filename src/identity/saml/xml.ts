import { SaxesParser } from 'saxes';

/** An element of a document that was read within the limits. */
export interface XmlElement {
  readonly uri: string;
  readonly local: string;
  /** "" where the document writes none: Sandstorm looks at it. */
  readonly prefix: string;
  /** Those without a namespace, which are all that SAML knows. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Every attribute, namespace declarations included, by its name as written. */
  readonly written: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, that of elements within left out. */
  readonly text: string;
}

export interface XmlLimits {
  readonly bytes: number;
  readonly depth: number;
  readonly elements: number;
  readonly attributes: number;
}

/** A federation's aggregate has some thousand providers in 100 MB; a house's own metadata some 10 kB. */
export const XML_LIMITS: XmlLimits = { bytes: 8 << 20, depth: 40, elements: 100_000, attributes: 64 };

/** Why a text is no document that we take; the caller makes a refusal of it that names the file. */
export class NotXml extends Error {}

type Open = { -readonly [K in keyof XmlElement]: XmlElement[K] } & { children: XmlElement[] };

/**
 * Reads a document that may have been made to harm: no DOCTYPE, so no entities to blow up and nothing to fetch;
 * bounded in size, depth, elements and attributes; namespaces resolved. Pure.
 * @throws NotXml
 */
export function readXml(text: string, limits: XmlLimits = XML_LIMITS): XmlElement {
  if (Buffer.byteLength(text) > limits.bytes) throw new NotXml(`it has more than ${limits.bytes} bytes`);
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let attributes = 0;

  parser.on('error', (error) => {
    throw new NotXml(`it is no well-formed XML (${error.message})`);
  });
  parser.on('doctype', () => {
    throw new NotXml('it has a DOCTYPE, which SAML does not allow: entities are an attack');
  });
  parser.on('opentagstart', () => {
    attributes = 0;
    elements += 1;
    if (elements > limits.elements) throw new NotXml(`it has more than ${limits.elements} elements`);
    if (open.length >= limits.depth) throw new NotXml(`its elements lie more than ${limits.depth} deep`);
  });
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > limits.attributes)
      throw new NotXml(`an element has more than ${limits.attributes} attributes`);
  });
  parser.on('opentag', (tag) => {
    const all = Object.values(tag.attributes);
    const element: Open = {
      uri: tag.uri,
      local: tag.local,
      prefix: tag.prefix,
      attributes: new Map(all.filter(({ uri }) => uri === '').map(({ local, value }) => [local, value])),
      written: new Map(all.map(({ name, value }) => [name, value])),
      children: [],
      text: '',
    };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  const take = (piece: string): void => {
    const inside = open.at(-1);
    if (inside !== undefined) inside.text += piece;
  };
  parser.on('text', take);
  parser.on('cdata', take);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (open.length === 0) root = closed;
  });
  parser.write(text).close();
  if (root === undefined) throw new NotXml('it is no well-formed XML (there is no element)');
  return root;
}

/** Text of a file as its first bytes say: AD FS and editors under Windows write UTF-16, too. */
export function decodeXml(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    // swap16 wants whole characters; half a one at the end is lost anyway.
    const whole = bytes.subarray(2, bytes.length - (bytes.length % 2));
    return Buffer.from(whole).swap16().toString('utf16le');
  }
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

export function childrenOf(element: XmlElement | undefined, uri: string, local: string): XmlElement[] {
  return element?.children.filter((child) => child.uri === uri && child.local === local) ?? [];
}

export function childOf(element: XmlElement | undefined, uri: string, local: string): XmlElement | undefined {
  return childrenOf(element, uri, local)[0];
}

/** Every element of that name, in the order of the document. */
export function within(element: XmlElement, uri: string, local: string): XmlElement[] {
  const own = element.uri === uri && element.local === local ? [element] : [];
  return [...own, ...element.children.flatMap((child) => within(child, uri, local))];
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
