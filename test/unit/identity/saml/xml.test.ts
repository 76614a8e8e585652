import { describe, expect, it } from 'vitest';
import { childOf, decodeXml, NotXml, readXml, within } from '../../../../src/identity/saml/xml.js';

const small = { bytes: 10_000, depth: 5, elements: 20, attributes: 3 };

describe('what it reads', () => {
  it('resolves namespaces, and keeps the prefix as it was written', () => {
    const root = readXml(
      '<a:x xmlns:a="urn:a" b="1" a:c="2"><y xmlns="urn:y">t<!-- no -->u<![CDATA[<v>]]></y></a:x>',
    );
    expect(root).toMatchObject({ uri: 'urn:a', local: 'x', prefix: 'a' });
    expect([...root.attributes]).toEqual([['b', '1']]);
    expect([...root.written.keys()]).toEqual(['xmlns:a', 'b', 'a:c']);
    expect(childOf(root, 'urn:y', 'y')).toMatchObject({ text: 'tu<v>', prefix: '' });
    expect(within(root, 'urn:y', 'y')).toHaveLength(1);
  });

  it('knows the five entities of XML and characters by number', () => {
    expect(readXml('<a b="&quot;&#x41;">&lt;&amp;&#65;</a>')).toMatchObject({ text: '<&A' });
  });

  it.each([
    ['UTF-8 with a mark', Buffer.from('\uFEFF<a/>', 'utf8')],
    ['UTF-16 of Windows', Buffer.from('\uFEFF<a/>', 'utf16le')],
    ['UTF-16, the other end first', Buffer.from('\uFEFF<a/>', 'utf16le').swap16()],
    [
      'half a character at the end',
      Buffer.concat([Buffer.from('\uFEFF<a/>', 'utf16le').swap16(), Buffer.from([0])]),
    ],
  ])('decodes %s', (_, bytes) => {
    expect(decodeXml(bytes)).toBe('<a/>');
  });
});

describe('what it refuses', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  it.each([
    ['a DOCTYPE', '<!DOCTYPE a><a/>', 'DOCTYPE'],
    ['a billion laughs', '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>', 'DOCTYPE'],
    ['a file pulled in', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'DOCTYPE'],
    ['a DOCTYPE in small letters behind a comment', '<!-- x --><!doctype a><a/>', ''],
    ['an entity nobody declared', '<a>&b;</a>', 'undefined entity'],
    ['too many bytes', `<a>${'x'.repeat(10_000)}</a>`, 'bytes'],
    ['too deep', nested(6), 'deep'],
    ['too many elements', `<a>${'<b/>'.repeat(20)}</a>`, 'elements'],
    ['too many attributes', '<a b="1" c="2" d="3" e="4"/>', 'attributes'],
    ['an attribute twice', '<a b="1" b="2"/>', 'duplicate'],
    ['a prefix of no namespace', '<b:a/>', 'unbound'],
    ['no end', '<a><b></b>', 'unclosed'],
    ['two roots', '<a/><b/>', 'not well'],
    ['text alone', 'hello', ''],
    ['nothing', '', ''],
    ['a null character', '<a>\0</a>', ''],
  ])('%s', (_, text, why) => {
    expect(() => readXml(text, small)).toThrow(NotXml);
    if (why !== '' && why !== 'not well') expect(() => readXml(text, small)).toThrow(why);
  });

  it('takes what just fits', () => {
    expect(() => readXml(nested(5), small)).not.toThrow();
    expect(() => readXml(`<a>${'<b/>'.repeat(19)}</a>`, small)).not.toThrow();
  });

  it('is through with a large hostile one quickly, and without a stack overflow', () => {
    expect(() => readXml(nested(500_000))).toThrow('deep');
    expect(() =>
      readXml(`<a ${Array.from({ length: 50_000 }, (_, n) => `a${String(n)}=""`).join(' ')}/>`),
    ).toThrow('attributes');
  });
});
