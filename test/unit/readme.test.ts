import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ALL_CHECKS } from '../../src/preflight/catalogue.js';
import { REFERENCE, unformatted, withReference } from '../helpers/reference.js';

const path = new URL('../../README.md', import.meta.url);
const readme = await readFile(path, 'utf8');

describe("the README's reference", () => {
  it('has a place for each part that is made from the code', () => {
    const markers = [...readme.matchAll(/<!-- reference: (\w+) -->/g)].map(([, name]) => name);
    expect(markers.sort()).toEqual(Object.keys(REFERENCE).sort());
  });

  it('says what the code says about commands, flags and error codes', async () => {
    const right = withReference(readme);
    if (process.env.SANDSTORM_AIRGAP_WRITE_README === '1') await writeFile(path, right);
    else
      expect(unformatted(readme), 'npm test with SANDSTORM_AIRGAP_WRITE_README=1 writes it').toBe(
        unformatted(right),
      );
  });

  it('names every check with its phases, in the order in which they run', () => {
    const checks = readme.slice(readme.indexOf('### Checks'), readme.indexOf('### Files'));
    const rows = [...checks.matchAll(/^\| `([a-z0-9._-]+)`\s*\| ([a-z, ]+?)\s*\| \S/gm)];
    const listed = rows.map(([, id, phases]) => `${id ?? ''}: ${phases ?? ''}`);
    expect(listed).toEqual(ALL_CHECKS.map(({ id, phases }) => `${id}: ${phases.join(', ')}`));
  });
});
