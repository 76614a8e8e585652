import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decided, documentText, readDocument, writeDocument } from '../../../src/app-index/document.js';
import { fakeHost } from '../../helpers/fake-host.js';
import { app } from '../../helpers/plain-packages.js';

const empty = { version: 1, title: 'Apps', servers: [], apps: {} } as const;
const pin = '0'.repeat(32);

describe('what the house decided', () => {
  it('says the same in one way only', () => {
    const here = decided(decided(empty, app('c'), { hidden: true }), app('a'), { pin });
    const there = decided(decided(empty, app('a'), { pin }), app('c'), { hidden: true });
    expect(documentText(here)).toBe(documentText(there));
  });

  it('says nothing of an app about which nothing is decided any longer', () => {
    const hidden = decided(empty, app('a'), { hidden: true });
    expect(documentText(decided(hidden, app('a'), { hidden: undefined }))).toBe(documentText(empty));
  });

  it('keeps what else was decided about the app', () => {
    const both = decided(decided(empty, app('a'), { pin }), app('a'), { description: 'Ours' });
    expect(both.apps).toEqual({ [app('a')]: { pin, description: 'Ours' } });
  });

  it('comes back from the disk', async () => {
    const host = await fakeHost();
    const document = decided(empty, app('a'), { pin, description: 'Ours', hidden: true });
    await writeDocument(host.root, document, host);
    expect(await readDocument(host.root, host)).toEqual(document);
  });

  it.each([
    ['torn', '{"version": 1, "ti'],
    ['no object', '[]'],
    ['of a later version', '{"version": 2, "title": "", "servers": [], "apps": {}}'],
    ['without a title', '{"version": 1, "servers": [], "apps": {}}'],
    ['without servers', '{"version": 1, "title": "", "apps": {}}'],
    ['with a path for an app', '{"version": 1, "title": "", "servers": [], "apps": {"../x": {}}}'],
    [
      'with a pin that is no id',
      `{"version": 1, "title": "", "servers": [], "apps": {"${app('a')}": {"pin": "../x"}}}`,
    ],
    [
      'with a decision not known here',
      `{"version": 1, "title": "", "servers": [], "apps": {"${app('a')}": {"blocked": true}}}`,
    ],
  ])('is refused when %s', async (_, text) => {
    const host = await fakeHost();
    await writeFile(join(host.root, 'app-index.json'), text);
    await expect(readDocument(host.root, host)).rejects.toMatchObject({ code: 'E_INDEX_DOCUMENT' });
  });

  it('makes a folder an index, and its absence none', async () => {
    const host = await fakeHost();
    await expect(readDocument(host.root, host)).rejects.toMatchObject({
      code: 'E_INDEX_MISSING',
      hint: `sandstorm-airgap index init ${host.root}`,
    });
  });
});
