import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { run } from '../../../src/cli/commands/explain.run.js';
import { readPlainly } from '../../../src/cli/read-plainly.js';
import { ERROR_CODES } from '../../../src/errors.js';
import { parsePages } from '../../../src/explain/page.js';
import { EXPLAIN_TEXTS } from '../../../src/explain/texts.js';
import { ALL_CHECKS } from '../../../src/preflight/catalogue.js';

const pages = EXPLAIN_TEXTS.flatMap(parsePages);
const known = [...Object.keys(ERROR_CODES), ...ALL_CHECKS.map(({ id }) => id)];
const explain = (code?: string) => run({ values: { code }, columns: 80 } as never);

it('there is one page for every error code and every check, and none for anything else', () => {
  expect(pages.map(({ code }) => code).sort()).toEqual([...known].sort());
});

describe.each(pages)('$code', (page) => {
  it('says what it means, why, what to do and what to type', () => {
    for (const text of [page.means, page.why, page.whatToDo]) expect(text.length).toBeGreaterThan(15);
    expect(page.commands.length).toBeGreaterThan(0);
  });

  it('sends people to what is there', () => {
    const there = [...known, ...COMMANDS.map(({ name }) => name)];
    expect(there).toEqual(expect.arrayContaining([...page.see]));
    expect(page.see).not.toContain(page.code);
  });

  it('has no command of ours that does not exist', () => {
    const ours = page.commands.filter((one) => /^(?:sudo )?sandstorm-airgap /.test(one));
    for (const one of ours) {
      const [, ...words] = one.replace(/^sudo /, '').match(/'[^']*'|\S+/g) ?? [];
      expect(
        words[0] === '--help' || words[1] === '--help' || readPlainly(words, COMMANDS),
        one,
      ).toBeTruthy();
    }
  });
});

describe('explain', () => {
  it('shows a page within the width of the terminal', async () => {
    const { text = '' } = await explain('e_busy');
    expect(text).toMatch(/^E_BUSY {6}exit code 8: another operation is going on\n\n {2}Somebody is at work/);
    expect(text).toContain('\n  Do    wait for it to end');
    expect(text).toContain('\n      sandstorm-airgap status\n');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('lists all', async () => {
    const { result } = await explain();
    expect(result).toHaveProperty('codes.length', known.length);
  });

  it('proposes the code that was probably meant', () => {
    expect(() => explain('E_BUZY')).toThrow(
      expect.objectContaining({ code: 'E_BAD_VALUE', hint: 'sandstorm-airgap explain E_BUSY' }) as Error,
    );
  });
});
