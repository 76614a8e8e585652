import { describe, expect, it } from 'vitest';
import { choice, on, parsePort, path, positionalPath, seconds, several } from '../../../src/cli/option.js';

const CWD = '/somewhere';
const badValue = expect.objectContaining({ code: 'E_BAD_VALUE', exitCode: 2 }) as Error;

describe('values', () => {
  it.each([
    ['file', '/somewhere/file'],
    ['./a/../b', '/somewhere/b'],
    ['/abs/./x/', '/abs/x'],
    ['-', '/somewhere/-'],
  ])('a path is made absolute: %s', (text, expected) => {
    expect(path('--x <p>', '').parse(text, '--x', CWD)).toBe(expected);
    expect(positionalPath('x', '').parse(text, 'X', CWD)).toBe(expected);
  });

  it.each(['', 'a\0b'])('%j is no path', (text) => {
    expect(() => path('--x <p>', '').parse(text, '--x', CWD)).toThrow(badValue);
  });

  it.each(['1', '80', '65535', '00080'])('%s is a port', (text) => {
    expect(parsePort(text, '--port')).toBe(Number(text));
  });

  it.each(['', '0', '65536', '-1', '8o', '80 ', '1e3', '0x50', '80.0', '١'])('%j is no port', (text) => {
    expect(() => parsePort(text, '--port')).toThrow(badValue);
  });

  it.each(['0', '0.5', '30', '86400'])('%s are seconds', (text) => {
    expect(seconds('--s <s>', '').parse(text, '--s', CWD)).toBe(Number(text));
  });

  it.each(['', '-1', '1h', '.5', '1e9', '86401', 'Infinity'])('%j are no seconds', (text) => {
    expect(() => seconds('--s <s>', '').parse(text, '--s', CWD)).toThrow(badValue);
  });

  it.each([
    ['yes', true],
    ['TRUE', true],
    ['1', true],
    ['on', true],
    ['no', false],
    ['False', false],
    ['0', false],
    ['off', false],
    ['', false],
  ])('%j is %s', (text, expected) => {
    expect(on('--x', '').parse(text, 'X', CWD)).toBe(expected);
  });

  it('anything else is neither yes nor no', () => {
    expect(() => on('--x', '').parse('maybe', 'SANDSTORM_AIRGAP_X', CWD)).toThrow(
      'SANDSTORM_AIRGAP_X: "maybe" is not yes or no',
    );
  });

  it('several are separated by commas', () => {
    expect(several('--x <x>', '').parse(' a, b ,,c ', '--x', CWD)).toEqual(['a', 'b', 'c']);
  });

  it('a choice is one of those offered', () => {
    const phase = choice('--phase <p>', '', ['install', 'update']);
    expect(phase.parse('update', '--phase', CWD)).toBe('update');
    expect(() => phase.parse('Update', '--phase', CWD)).toThrow('one of install, update');
  });
});
