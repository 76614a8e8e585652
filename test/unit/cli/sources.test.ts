import { describe, expect, it } from 'vitest';
import { COMMON_OPTIONS } from '../../../src/cli/command.js';
import { on, path, positionalPath, several, text } from '../../../src/cli/option.js';
import {
  answerKey,
  checkAnswerKeys,
  envName,
  flagName,
  inputNeeded,
  resolveValues,
  type Sources,
} from '../../../src/cli/sources.js';

const SPECS = {
  tarball: positionalPath('tarball', ''),
  baseUrl: text('--base-url <url>', 'the address'),
  staging: path('--staging <dir>', ''),
  yes: on('--yes', ''),
  resolver: several('--resolver <ip>', ''),
};

const from = (given: Partial<Sources>): ReturnType<typeof resolveValues<typeof SPECS>> =>
  resolveValues(SPECS, { flags: {}, env: {}, answers: {}, cwd: '/cwd', ...given });

describe('where a value comes from', () => {
  const flags = { baseUrl: 'flag' };
  const env = { SANDSTORM_AIRGAP_BASE_URL: 'env' };
  const answers = { base_url: 'answers' };

  it.each<[string, Partial<Sources>, string | undefined]>([
    ['flag over all', { flags, env, answers }, 'flag'],
    ['flag over answers', { flags, answers }, 'flag'],
    ['environment over answers', { env, answers }, 'env'],
    ['answers', { answers }, 'answers'],
    ['nothing: a default or a question comes then', {}, undefined],
    ['an empty variable is not set', { env: { SANDSTORM_AIRGAP_BASE_URL: '' }, answers }, 'answers'],
    ['an empty answer is not given', { answers: { base_url: '' } }, undefined],
    ['an empty flag is typed all the same', { flags: { baseUrl: '' }, env, answers }, ''],
    ['another program’s variable is not ours', { env: { BASE_URL: 'x' } }, undefined],
  ])('%s', (_, given, expected) => {
    expect(from(given).baseUrl).toBe(expected);
  });

  it('a switch can be turned off by a stronger source', () => {
    expect(from({ env: { SANDSTORM_AIRGAP_YES: 'no' }, answers: { yes: 'true' } }).yes).toBe(false);
    expect(from({ flags: { yes: true }, env: { SANDSTORM_AIRGAP_YES: 'no' } }).yes).toBe(true);
  });

  it('lists are several flags, or commas', () => {
    expect(from({ flags: { resolver: ['a', 'b,c'] } }).resolver).toEqual(['a', 'b', 'c']);
    expect(from({ env: { SANDSTORM_AIRGAP_RESOLVER: 'a, b' } }).resolver).toEqual(['a', 'b']);
    // One source wins as a whole.
    expect(from({ flags: { resolver: ['a'] }, answers: { resolver: 'b' } }).resolver).toEqual(['a']);
  });

  it('paths are seen from the working folder, whatever the source', () => {
    expect(from({ flags: { staging: 's' }, env: { SANDSTORM_AIRGAP_TARBALL: 't' } })).toMatchObject({
      staging: '/cwd/s',
      tarball: '/cwd/t',
    });
  });

  it('a wrong value is told by the name of its source', () => {
    const specs = { yes: SPECS.yes };
    const none = { flags: {}, env: {}, answers: {}, cwd: '/' };
    expect(() => resolveValues(specs, { ...none, env: { SANDSTORM_AIRGAP_YES: 'x' } })).toThrow(
      'SANDSTORM_AIRGAP_YES',
    );
    expect(() => resolveValues(specs, { ...none, answers: { yes: 'x' } })).toThrow('yes in the answers file');
    expect(() => resolveValues(specs, { ...none, flags: { yes: 'x' } })).toThrow('--yes');
  });
});

describe('names', () => {
  it('follow from the option’s key', () => {
    expect([envName('baseUrl'), answerKey('baseUrl')]).toEqual(['SANDSTORM_AIRGAP_BASE_URL', 'base_url']);
    expect([flagName(SPECS.baseUrl), flagName(SPECS.tarball)]).toEqual(['--base-url', 'TARBALL']);
    expect(flagName(COMMON_OPTIONS.noInput)).toBe('--no-input');
  });

  it('a missing value is told with every way to give it', () => {
    const refusal = inputNeeded('baseUrl', SPECS.baseUrl);
    expect(refusal.code).toBe('E_INPUT_NEEDED');
    for (const way of ['--base-url <url>', 'SANDSTORM_AIRGAP_BASE_URL', 'base_url = ', '--answers']) {
      expect(refusal.hint).toContain(way);
    }
  });

  it('an answer that no command knows is refused', () => {
    const known = new Set(['base_url']);
    expect(() => checkAnswerKeys({ base_url: 'x' }, known, 'site.ini')).not.toThrow();
    expect(() => checkAnswerKeys({ base_url: 'x', base_ur: 'y' }, known, 'site.ini')).toThrow(
      expect.objectContaining({
        code: 'E_ANSWERS_FILE',
        message: 'site.ini has a key that is not known: base_ur',
      }) as Error,
    );
  });
});
