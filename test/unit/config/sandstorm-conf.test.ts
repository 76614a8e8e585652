import { describe, expect, it } from 'vitest';
import {
  assignments,
  confBytes,
  confText,
  getValue,
  parseConf,
  setValue,
  unsetValue,
} from '../../../src/config/sandstorm-conf.js';
import { seeded } from '../../helpers/archives.js';

const values = (text: string): [string, string][] =>
  assignments(parseConf(text)).map(({ key, value }) => [key, value]);

describe('parseConf reads like the server', () => {
  const table: [name: string, text: string, expected: [string, string][]][] = [
    [
      'plain',
      'PORT=6080\nBIND_IP=0.0.0.0\n',
      [
        ['PORT', '6080'],
        ['BIND_IP', '0.0.0.0'],
      ],
    ],
    ['no final newline', 'PORT=6080', [['PORT', '6080']]],
    [
      'CRLF',
      'PORT=6080\r\nBIND_IP=::\r\n',
      [
        ['PORT', '6080'],
        ['BIND_IP', '::'],
      ],
    ],
    ['blanks around everything', ' \tPORT \v=\f 6080 \t\n', [['PORT', '6080']]],
    ['a comment in the middle of a value', 'BASE_URL=http://x#y=z\n', [['BASE_URL', 'http://x']]],
    ['a comment line with an equals sign', '#PORT=1\n  # PORT=2\n', []],
    ['only the first equals sign splits', 'MAIL_URL=smtp://h?a=b=c\n', [['MAIL_URL', 'smtp://h?a=b=c']]],
    [
      'quotes are part of the value',
      `A="x y"\nB='z'\n`,
      [
        ['A', '"x y"'],
        ['B', `'z'`],
      ],
    ],
    [
      'no escapes, no joined lines',
      'A=x\\\nB=y\\n\n',
      [
        ['A', 'x\\'],
        ['B', 'y\\n'],
      ],
    ],
    [
      'an empty value',
      'A=\nB= # c\n',
      [
        ['A', ''],
        ['B', ''],
      ],
    ],
    ['an empty key', '=x\n', [['', 'x']]],
    [
      'a semicolon is no comment',
      'A=x;y\n;B=z\n',
      [
        ['A', 'x;y'],
        [';B', 'z'],
      ],
    ],
    ['a carriage return alone ends no line', 'A=1\rB=2\n', [['A', '1\rB=2']]],
    ['a no-break space is not trimmed', 'A=\u00a0x\n', [['A', '\u00a0x']]],
    ['a byte order mark is part of the key', '\u00ef\u00bb\u00bfA=1\n', [['\ufeffA', '1']]],
    ['a NUL is a byte like any other', 'A=1\u00002\n', [['A', '1\u00002']]],
    ['nothing', '', []],
  ];
  it.each(table)('%s', (_, text, expected) => expect(values(text)).toEqual(expected));

  it('says where and what', () => {
    const { lines } = parseConf('# first\n\nPORT=6080 # the usual\r\nnonsense\n');
    expect(lines.map(({ content }) => content.kind)).toEqual(['blank', 'blank', 'assignment', 'stray']);
    expect(lines[2]?.content).toMatchObject({
      key: 'PORT',
      value: '6080',
      number: 3,
      comment: '# the usual',
    });
  });

  it('a stray line may hide before a comment', () =>
    expect(parseConf('oops # A=1\n').lines[0]?.content.kind).toBe('stray'));

  it('the last duplicate wins', () => {
    const document = parseConf('PORT=1\nPORT=2\n');
    expect(getValue(document, 'PORT')).toBe('2');
    expect(getValue(document, 'port')).toBeUndefined();
  });

  it('comes to an end with a line of blanks', () => {
    // An expression that tries each blank anew would outlast the test.
    const document = parseConf(`A=x${' '.repeat(200_000)}y`);
    expect(getValue(document, 'A')).toHaveLength(200_002);
  });
});

describe('setValue', () => {
  const table: [name: string, text: string, key: string, value: string, expected: string][] = [
    ['changes one value', 'A=1\nB=2\nC=3\n', 'B', '9', 'A=1\nB=9\nC=3\n'],
    [
      'keeps indentation, spacing, comment and line end',
      ' B  =  2 \t # why\r\nC=3\r\n',
      'B',
      'xyz',
      ' B  =  xyz \t # why\r\nC=3\r\n',
    ],
    ['changes the last of several', 'A=1\nA=2\n#A=3\n', 'A', '9', 'A=1\nA=9\n#A=3\n'],
    ['keeps a missing final newline', 'A=1\nB=2', 'B', '9', 'A=1\nB=9'],
    ['appends', 'A=1\n', 'B', '2', 'A=1\nB=2\n'],
    ['appends with the newline that was missing', 'A=1', 'B', '2', 'A=1\nB=2\n'],
    ['appends with the line end of the file', 'A=1\r\nC=3', 'B', '2', 'A=1\r\nC=3\r\nB=2\r\n'],
    ['appends after a comment without newline', '# end', 'B', '2', '# end\nB=2\n'],
    ['starts a file', '', 'B', '2', 'B=2\n'],
    ['fills an empty value', 'A=\nB= \n', 'A', '1', 'A=1\nB= \n'],
    ['fills an empty value before a comment', 'A=#c\n', 'A', '1', 'A=1 #c\n'],
    ['empties a value', 'A=1 # c\n', 'A', '', 'A= # c\n'],
    ['knows no near miss', 'AB=1\nA_B=2\n', 'A', '3', 'AB=1\nA_B=2\nA=3\n'],
    ['changes nothing where nothing changes', ' A = 1 \r\n', 'A', '1', ' A = 1 \r\n'],
    ['does not touch a stray line', 'oops\nA=1\n', 'A', '2', 'oops\nA=2\n'],
    ['a dollar in a value is no pattern', 'A=1\nB=1\n', 'A', '$&$1', 'A=$&$1\nB=1\n'],
  ];
  it.each(table)('%s', (_, text, key, value, expected) => expect(setValue(text, key, value)).toBe(expected));

  it.each(['a#b', 'a\nb', 'a\rb', ' a', 'a ', '\ta', 'a\u0000b', 'a\u001bb', 'a\u007f', 'a\tb', '\ud800'])(
    'refuses the value %j',
    (value) => {
      for (const text of ['', 'A=1\n']) {
        expect(() => setValue(text, 'A', value)).toThrow(
          expect.objectContaining({ code: 'E_CONF_VALUE', exitCode: 2 }),
        );
      }
    },
  );
  it.each(['', 'A B', 'A=B', '#A', 'A\n', 'ä'])('refuses the key %j', (key) =>
    expect(() => setValue('', key, '1')).toThrow(expect.objectContaining({ code: 'E_CONF_VALUE' })),
  );
  it('does not repeat a refused value: it may be a password', () =>
    expect(() => setValue('', 'PRIVATE_KEY_PASSWORD', 'geheim#1')).toThrow(/^(?!.*geheim)/s));

  it('keeps bytes that are no UTF-8, and stores new values as UTF-8', () => {
    const before = Buffer.concat([
      Buffer.from('# caf'),
      Buffer.from([0xe9, 0xff, 0x00, 0x80, 0x0a]),
      Buffer.from('A=1\n'),
    ]);
    const after = confBytes(setValue(confText(before), 'A', 'Zürich €'));
    expect(after).toEqual(Buffer.concat([before.subarray(0, -2), Buffer.from('Zürich €\n')]));
    expect(getValue(parseConf(confText(after)), 'A')).toBe('Zürich €');
  });
});

describe('unsetValue', () => {
  it('removes every assignment and nothing else', () =>
    expect(unsetValue('# A=0\nA=1 # one\r\nAB=2\n  A = 3\noops\nA=4', 'A')).toBe('# A=0\nAB=2\noops\n'));
  it('is content when there is none', () => expect(unsetValue('B=1', 'A')).toBe('B=1'));
});

describe('any file at all', () => {
  it('setValue changes one line, and getValue returns what was set', () => {
    const random = seeded(20261122);
    for (let round = 0; round < 1000; round += 1) {
      const text = randomConf(random);
      const key = pick(random, KEYS);
      const value = randomValue(random);
      const after = setValue(text, key, value);
      expect(getValue(parseConf(after), key)).toBe(value);
      expect(setValue(after, key, value)).toBe(after);

      const [before, now] = [rawLines(text), rawLines(after)];
      if (getValue(parseConf(text), key) === undefined) {
        expect(after.startsWith(text)).toBe(true);
        expect(now.length).toBe(before.length + 1);
      } else {
        expect(now.length).toBe(before.length);
        expect(now.filter((raw, index) => raw !== before[index]).length).toBeLessThanOrEqual(1);
      }
      for (const other of KEYS) {
        if (other !== key) expect(getValue(parseConf(after), other)).toBe(getValue(parseConf(text), other));
      }
      expect(getValue(parseConf(unsetValue(after, key)), key)).toBeUndefined();
      expect(rawLines(text).join('')).toBe(text);
    }
  });
});

const KEYS = ['PORT', 'A', 'BASE_URL', 'X_1'];

function rawLines(text: string): string[] {
  return parseConf(text).lines.map(({ raw }) => raw);
}

function randomConf(random: () => number): string {
  const pieces = [
    ...KEYS,
    '=',
    '=',
    '\n',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '\t',
    '#',
    '"',
    '\\',
    '\u00e9',
    '\u0000',
    '\u00ff',
    'x',
    '1',
    '\v',
  ];
  return Array.from({ length: Math.floor(random() * 40) }, () => pick(random, pieces)).join('');
}

function randomValue(random: () => number): string {
  const inner = Array.from({ length: Math.floor(random() * 8) }, () =>
    pick(random, ['a', '=', ' ', '"', '$', 'é', '€', ';', '\\', '7']),
  );
  return inner.join('').trim();
}

function pick<T>(random: () => number, from: readonly T[]): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}
