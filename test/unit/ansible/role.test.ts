import { expect, it } from 'vitest';
import { CONTENTS } from '../../../src/ansible/contents.js';

const ROLE = 'roles/server/';
const textOf = (file: string): string => CONTENTS.get(`${ROLE}${file}`) ?? '';
const names = (file: string, form: RegExp): string[] =>
  [...textOf(file).matchAll(form)].map(([, name = '']) => name).sort();

it('has no variable that nothing reads, and none without a description', () => {
  const variables = names('defaults/main.yml', /^(sandstorm_\w+):/gm);
  const readers = [...CONTENTS].filter(([path]) => /^(roles\/server\/(tasks|vars)|playbooks)\//.test(path));
  const read = readers.map(([, text]) => text).join('\n');
  expect(variables.filter((name) => !new RegExp(`\\b${name}\\b`).test(read))).toEqual([]);
  expect(names('meta/argument_specs.yml', /^ {6}(sandstorm_\w+):/gm)).toEqual(variables);
});
