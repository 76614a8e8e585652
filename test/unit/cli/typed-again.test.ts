import { expect, it } from 'vitest';
import { UPDATE_OPTIONS } from '../../../src/cli/commands/update.js';
import { PREFLIGHT_OPTIONS } from '../../../src/cli/commands/preflight.js';
import { typedAgain } from '../../../src/cli/typed-again.js';
import { readTyped } from '../../helpers/typed-commands.js';

it('says no more than was said', () => {
  expect(typedAgain(UPDATE_OPTIONS, { allowUnsigned: false, tarball: '/a.tar.xz' })).toEqual([]);
});

it.each([
  'sandstorm-airgap update --allow-unsigned --resolver 10.0.0.2 --resolver 10.0.0.3:5353 --keep 3',
  'sandstorm-airgap preflight --port 80,6080 --mongo-port 7000 --expect-address 10.0.0.9 --waive clock',
])('and as it was said: %s', async (line) => {
  const { name, values } = await readTyped(line);
  const options = name === 'update' ? UPDATE_OPTIONS : PREFLIGHT_OPTIONS;
  const again = ['sandstorm-airgap', name, ...typedAgain(options, values as never)];
  expect(again.toSorted()).toEqual(line.split(' ').toSorted());
});
