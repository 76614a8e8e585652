import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { run } from '../../../src/cli/commands/explain.run.js';
import { ERROR_CODES } from '../../../src/errors.js';
import { parsePages } from '../../../src/explain/page.js';
import { EXPLAIN_TEXTS } from '../../../src/explain/texts.js';
import { ALL_CHECKS } from '../../../src/preflight/catalogue.js';
import { readTyped } from '../../helpers/typed-commands.js';

const pages = EXPLAIN_TEXTS.flatMap(parsePages);
const known = [...Object.keys(ERROR_CODES), ...ALL_CHECKS.map(({ id }) => id)];
const explain = (code?: string) => run({ values: { code }, columns: 80 } as never);

it('there is one page for every error code and every check, and none for anything else', () => {
  expect(pages.map(({ code }) => code).sort()).toEqual([...known].sort());
});

/** What stands for the house's own, where it has a form. */
function filledIn(line: string): string {
  return line
    .replace('FINGERPRINT', 'ab'.repeat(20))
    .replace('PACKAGE-ID', 'ab'.repeat(16))
    .replace('APP-ID', '77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h')
    .replace(' URL ', ' http://index.corp.lan ');
}

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

  it('has no command of ours that the command line would refuse', async () => {
    for (const line of page.commands.filter((one) => /^(?:sudo )?sandstorm-airgap /.test(one))) {
      if (line.endsWith(' --help')) continue;
      const { name } = await readTyped(filledIn(line));
      expect(line).toContain(`sandstorm-airgap ${name}`);
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
