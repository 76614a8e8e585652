import { readFile, writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { checkAnswer, requireDocument, SCHEMAS_FILE } from '../../helpers/answers.js';
import { makeSchemas, type Schemas } from '../../helpers/make-schemas.js';

const text = (): Promise<string> => readFile(SCHEMAS_FILE, 'utf8');

describe('schemas/documents.json', () => {
  it('is what the types say', { timeout: 60_000 }, async () => {
    const right = await format(JSON.stringify(makeSchemas()), { parser: 'json', printWidth: 110 });
    if (process.env.SANDSTORM_AIRGAP_WRITE_SCHEMAS === '1') await writeFile(SCHEMAS_FILE, right);
    else expect(await text(), 'npm run schemas writes it').toBe(right);
  });

  it('has every command, and nothing that is none', async () => {
    const { documents } = JSON.parse(await text()) as Schemas;
    const commands = Object.keys(documents).filter((name) => !/^(?:file|plan)\b/.test(name));
    expect(commands.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
  });
});

describe('types that the generator does not understand', () => {
  it('leave no object of which nothing is known', async () => {
    const all = JSON.stringify(JSON.parse(await text()));
    expect(all.match(/"type":"object"(?:,"properties":\{\})?\}/g)).toBeNull();
  });
});

describe('an answer', () => {
  const found = { key: 'PORT', value: '6080' };
  const answer = { ok: true, changed: false, result: found, error: null };
  const refused = { code: 'E_CONF_NOT_SET', message: 'PORT is not set', hint: null };

  it.each([
    ['of its command', answer],
    ['refused', { ok: false, changed: false, result: null, error: refused }],
    [
      'refused with facts',
      {
        ok: false,
        changed: false,
        result: { run: '/r', step: null },
        error: { ...refused, code: 'E_PENDING' },
      },
    ],
  ])('passes: %s', (_, value) => {
    requireDocument('config get', value);
  });

  it.each([
    ['of another command', { ...answer, result: { home: '/opt/sandstorm', settings: {} } }],
    ['with more than it has', { ...answer, result: { ...found, more: 1 } }],
    ['without all it has', { ...answer, result: { key: 'PORT' } }],
    [
      'with an error that nobody knows',
      { ok: false, changed: false, result: null, error: { ...refused, code: 'E_X' } },
    ],
    ['that is well and refused', { ...answer, error: refused }],
  ])('does not pass: %s', (_, value) => {
    expect(() => requireDocument('config get', value)).toThrow('config get: not as its schema has it');
  });

  it('is held against the schema of the last command of a script', () => {
    const script = 'sandstorm-airgap status && sandstorm-airgap config get PORT --json'.split(' ');
    checkAnswer(script, JSON.stringify(answer));
    expect(() => checkAnswer(script, `said before\n${JSON.stringify({ ...answer, result: 1 })}\n`)).toThrow(
      'config get',
    );
  });
});
