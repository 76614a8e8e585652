import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAnswers } from '../../../src/cli/answers-file.js';
import { fakeHost } from '../../helpers/fake-host.js';

const SECTIONS = new Set(['install', 'update', 'config-set']);

async function read(content: string, command = 'install'): Promise<Record<string, string>> {
  const host = await fakeHost();
  const file = join(host.root, 'site.ini');
  await writeFile(file, content);
  return readAnswers(file, command, SECTIONS, host);
}

const refused = (why: string): Error =>
  expect.objectContaining({
    code: 'E_ANSWERS_FILE',
    message: expect.stringContaining(why) as string,
  }) as Error;

describe('an answers file', () => {
  it('has one answer a line, and comments', async () => {
    expect(
      await read(
        '# site\n; of ours\n\nbase_url = http://x:6080\nwildcard_host=*.x:6080\nYes = true\nport=6080\n',
      ),
    ).toEqual({ base_url: 'http://x:6080', wildcard_host: '*.x:6080', yes: 'true', port: '6080' });
  });

  it('may have been written on Windows, and with dashes', async () => {
    expect(await read('\ufeffbase-url = http://x\r\nsmtp-port = 25\r\n')).toEqual({
      base_url: 'http://x',
      smtp_port: '25',
    });
  });

  it('may have a section for each command, which wins for that command', async () => {
    const file =
      'stable_for = 1\nyes = no\n[install]\nstable_for = 2\n[update]\nstable_for = 3\n[config-set]\nforce = yes\n';
    expect(await read(file)).toEqual({ stable_for: '2', yes: 'no' });
    expect(await read(file, 'update')).toEqual({ stable_for: '3', yes: 'no' });
    expect(await read(file, 'status')).toEqual({ stable_for: '1', yes: 'no' });
  });

  it('has lists by commas or by repeated keys', async () => {
    expect(await read('resolver = a, b\n')).toEqual({ resolver: 'a, b' });
    expect(await read('resolver[] = a\nresolver[] = b\n')).toEqual({ resolver: 'a,b' });
  });

  it('is refused with a section that is no command: a misspelt one would count for nothing', async () => {
    await expect(read('[instal]\nbase_url = http://x\n')).rejects.toThrow(refused('[instal]'));
  });

  it('cannot reach into the program', async () => {
    expect(await read('__proto__ = x\n[__proto__]\npolluted = 1\n')).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
  });

  it('is refused when it is not there, no file, or huge', async () => {
    const host = await fakeHost();
    const at = (name: string): Promise<unknown> =>
      readAnswers(join(host.root, name), 'install', SECTIONS, host);
    await expect(at('none')).rejects.toThrow(refused('there is no such file'));
    spawnSync('mkfifo', [join(host.root, 'pipe')]);
    await expect(at('pipe')).rejects.toMatchObject({ code: 'E_IO' });
    await writeFile(join(host.root, 'huge'), 'x'.repeat(70_000));
    await expect(at('huge')).rejects.toMatchObject({ code: 'E_IO' });
  });
});
