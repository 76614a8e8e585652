import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginRun } from '../../src/journal/journal.js';
import { planUpdate } from '../../src/update/plan.js';
import { buildCommand, type BuiltCommand, type Ran } from '../helpers/built-command.js';
import { fakeHost, tempDir } from '../helpers/fake-host.js';
import { UPDATE_FACTS } from '../helpers/update-facts.js';

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(() => command.remove());

/** A HOME on which an update was cut off while the server was being stopped. */
async function cutOff(): Promise<{
  home: string;
  end: () => Promise<void>;
  run: (...args: string[]) => Promise<Ran>;
}> {
  const host = await fakeHost();
  const home = join(await tempDir(), 'sandstorm');
  await mkdir(home);
  await writeFile(
    join(home, 'sandstorm.conf'),
    'PORT=6080\nBASE_URL=http://a.test\nWILDCARD_HOST=*.a.test\n',
  );
  const run = await beginRun('update', home, planUpdate({ ...UPDATE_FACTS, home }), host);
  await run.stepBegins('stop');
  const env = { SANDSTORM_AIRGAP_STATE_DIR: host.layout.stateDir };
  return {
    home,
    end: () => run.end('undone'),
    run: (...args) => command.run(args.includes('--home') ? args : [...args, '--home', home], { env }),
  };
}

const NOTICE =
  /^The update to sandstorm-309 of [-0-9: ]+ UTC was cut off at stop\.\nNext: {2}sandstorm-airgap resume .*sandstorm-airgap abort/;

describe('after a crash the next command', () => {
  it.each([
    ['config get', ['config', 'get', 'PORT']],
    ['config lint', ['config', 'lint']],
    ['service status', ['service', 'status']],
    ['snapshot list', ['snapshot', 'list']],
    ['trust list', ['trust', 'list']],
  ])('of any kind says what happened and what to type: %s', async (_, args) => {
    const { run } = await cutOff();
    const ran = await run(...args);
    expect(ran.stderr).toMatch(NOTICE);
    const asJson = await run(...args, '--json');
    expect(asJson.stderr).toMatch(NOTICE);
    expect(JSON.parse(asJson.stdout)).toHaveProperty('ok');
  });

  it('that shows it itself says it once', async () => {
    const { run } = await cutOff();
    const status = await run('status');
    expect(status.stderr).toBe('');
    expect(status.stdout).toContain('update was cut off at stop');
    expect((await run('abort', '--dry-run')).stderr.match(/was cut off/g)).toBeNull();
  });

  it('says nothing once it was brought to its end, nor of another server', async () => {
    const { run, end, home } = await cutOff();
    expect((await run('config', 'lint', '--home', `${home}-2`)).stderr).not.toContain('cut off');
    await end();
    expect(await run('config', 'get', 'PORT')).toMatchObject({ stdout: '6080\n', stderr: '' });
  });
});
