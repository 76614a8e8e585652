import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/commands/schema.run.js';

const schema = async (...document: string[]): Promise<object> => {
  const { text = '' } = await run({ values: { document } } as never);
  return JSON.parse(text) as object;
};

describe('schema', () => {
  it('prints each document whole: it needs nothing beside it, and none of the others', async () => {
    const { result } = await run({ values: {} } as never);
    const { names } = result as { names: string[] };
    expect(names).toEqual(
      expect.arrayContaining(['update', 'config get', 'plan', 'file event', 'file journal']),
    );
    for (const name of names) {
      const one = await schema(...name.split(' '));
      const ajv = new Ajv({ strict: false, validateFormats: false });
      expect(() => ajv.compile(one), name).not.toThrow();
      expect(JSON.stringify(one).length, name).toBeLessThan(90_000);
    }
    expect(Object.keys(((await schema('schema')) as { definitions: object }).definitions)).not.toContain(
      'StatusResult',
    );
  });

  it('holds an answer to its words, and bears what a later version adds', async () => {
    const validate = new Ajv({ strict: false }).compile(await schema('config', 'get'));
    const answer = { ok: true, changed: false, result: { key: 'PORT', value: '6080' }, error: null };
    expect(validate(answer)).toBe(true);
    expect(validate({ ...answer, later: 1 })).toBe(true);
    expect(validate({ ...answer, result: { key: 'PORT' } })).toBe(false);
  });

  it('proposes what was probably meant', async () => {
    await expect((async () => schema('confg', 'get'))()).rejects.toMatchObject({
      code: 'E_BAD_VALUE',
      hint: 'sandstorm-airgap schema config get',
    });
  });
});
