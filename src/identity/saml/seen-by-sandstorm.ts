import type { XmlElement } from './xml.js';

/*
 * Sandstorm reads answers with xml2js 0.2, which knows no namespaces: it looks for these names as written, in this
 * order (saml-utils.js, getElement). A prefix of another kind, as pysaml2 makes them (ns0:), it does not find.
 */
const PREFIXES = ['saml', 'samlp', 'saml2p', 'saml2', ''];

/** The element of that name that Sandstorm finds; undefined as well when it is there under a foreign prefix. */
export function seen(parent: XmlElement | undefined, local: string): XmlElement | undefined {
  return seenAll(parent, local)[0];
}

export function seenAll(parent: XmlElement | undefined, local: string): XmlElement[] {
  for (const prefix of PREFIXES) {
    const found = parent?.children.filter((child) => child.prefix === prefix && child.local === local) ?? [];
    if (found.length > 0) return found;
  }
  return [];
}

export function isSeen(element: XmlElement): boolean {
  return PREFIXES.includes(element.prefix);
}

/** What the attribute statement gives, by name: the first value of each, the last attribute of a name. */
export function profileOf(assertion: XmlElement): {
  readonly values: ReadonlyMap<string, string>;
  /** Names of attributes without a value: the server trips over them. */
  readonly empty: readonly string[];
} {
  const attributes = seenAll(seen(assertion, 'AttributeStatement'), 'Attribute');
  const named = attributes.map((attribute) => ({
    name: attribute.attributes.get('Name') ?? '',
    value: seen(attribute, 'AttributeValue')?.text,
  }));
  return {
    values: new Map(named.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    empty: named.filter(({ value }) => value === undefined).map(({ name }) => name),
  };
}
