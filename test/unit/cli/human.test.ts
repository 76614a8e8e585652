import { describe, expect, it } from 'vitest';
import { bar, checkLines, humanUi, marks } from '../../../src/cli/human.js';
import { silentUi } from '../../../src/cli/silent.js';
import type { ReportedCheck } from '../../../src/preflight/check.js';
import type { Terminal } from '../../../src/system/terminal.js';
import { fakeHost } from '../../helpers/fake-host.js';

const CHECK: ReportedCheck = {
  id: 'port.smtp',
  group: 'Network',
  title: 'Mail',
  status: 'fail',
  waived: false,
  lines: ['25 is held by exim4', 'pid 812'],
  fix: ['--smtp-port 30025', 'or stop exim4'],
};

async function screen(): Promise<{
  terminal: Terminal;
  shown: string[];
  spun: string[];
  host: Awaited<ReturnType<typeof fakeHost>>;
}> {
  const shown: string[] = [];
  const spun: string[] = [];
  const host = await fakeHost();
  const terminal: Terminal = {
    isTty: false,
    colours: false,
    columns: () => Infinity,
    out: (text) => shown.push(text),
    error: (text) => shown.push(`error: ${text}`),
    spinner: () =>
      Promise.resolve({
        text: (text) => spun.push(text),
        stop: (line) => {
          if (line !== undefined) shown.push(line);
        },
      }),
  };
  return { terminal, shown, spun, host };
}

describe('the screen', () => {
  it('shows a check with what to do about it', () => {
    expect(checkLines(CHECK, marks(false), Infinity).map((line) => line.trim())).toEqual([
      '✖ port.smtp          25 is held by exim4',
      'pid 812',
      'fix: --smtp-port 30025',
      'or stop exim4',
    ]);
  });

  it('says which check was waived, and gives no advice where none is needed', () => {
    expect(checkLines({ ...CHECK, waived: true }, marks(false), Infinity)[0]).toContain('(waived)');
    const passed = checkLines({ ...CHECK, status: 'pass' }, marks(false), Infinity).join('\n');
    expect(passed).not.toContain('fix:');
  });

  it('means the same without colours', () => {
    const colours = checkLines(CHECK, marks(true), Infinity).join('\n');
    // eslint-disable-next-line no-control-regex -- colours are what is looked for
    expect(colours.replaceAll(/\u001b\[\d+m/g, '')).toBe(
      checkLines(CHECK, marks(false), Infinity).join('\n'),
    );
    expect(colours).not.toBe(checkLines(CHECK, marks(false), Infinity).join('\n'));
  });

  it('writes groups once, and everything but secrets to the log', async () => {
    const { terminal, shown, host } = await screen();
    const ui = humanUi(terminal, host.clock, host.log, () => Promise.resolve(true));
    ui.check(CHECK);
    ui.check(CHECK);
    ui.check({ ...CHECK, group: 'Machine' });
    ui.say('aloud');
    ui.saySecret('http://x/setup/token/abc');
    expect(shown.filter((line) => line.trim() === 'Network')).toHaveLength(1);
    expect(shown.filter((line) => line.trim() === 'Machine')).toHaveLength(1);
    expect(shown).toContain('http://x/setup/token/abc');
    expect(host.logged).toContain('aloud');
    expect(host.logged.join('\n')).not.toContain('abc');
  });

  it('ends a step with its last word, or the time it took; a failed one with the reason', async () => {
    const { terminal, shown, spun, host } = await screen();
    const ui = humanUi(terminal, host.clock, host.log, () => Promise.resolve(true));
    await ui.step('Unpacked', (progress) => {
      progress.bytes(1, 2);
      progress.detail('744 MB');
      return Promise.resolve();
    });
    await ui.step('Waited', () => host.clock.sleep(2000));
    await expect(ui.step('Started', () => Promise.reject(new Error('it died')))).rejects.toThrow('it died');
    expect(shown).toEqual([
      '  ✔ Unpacked             744 MB',
      '  ✔ Waited               2.0 s',
      '  ✖ Started              it died',
    ]);
    expect(spun).toHaveLength(2);
    expect(host.logged).toContain('failed: Started: it died');
  });

  it.each([
    [0, 100, 0, '  0%   0 bytes/s   0:00 left'],
    [50, 100, 1000, ' 50%   50 bytes/s   0:01 left'],
    [100, 100, 1000, '100%   100 bytes/s   0:00 left'],
    [150, 100, 1000, '100%   150 bytes/s   0:00 left'],
    [0, 0, 1000, '  0%   0 bytes/s   0:00 left'],
    [1_000_000, 100_000_000, 1000, '  1%   1 MB/s   1:39 left'],
  ])('a bar at %d of %d bytes', (done, total, ms, expected) => {
    expect(bar(done, total, ms).slice(16).trimStart()).toBe(expected.trimStart());
    expect(bar(done, total, ms).slice(0, 16)).toMatch(/^▉* *$/);
  });
});

it('with --json nothing is printed, and the log has it all but secrets', async () => {
  const { host } = await screen();
  const ui = silentUi(host.log, () => Promise.resolve(true));
  ui.say('aloud');
  ui.saySecret('secret');
  ui.check(CHECK);
  await ui.step('Unpacked', (progress) => {
    progress.detail('744 MB');
    return Promise.resolve();
  });
  await expect(ui.step('Started', () => Promise.reject(new Error('it died')))).rejects.toThrow('it died');
  expect(host.logged).toEqual([
    'aloud',
    'check port.smtp: fail: 25 is held by exim4; pid 812',
    'begin: Unpacked',
    'Unpacked: 744 MB',
    'end: Unpacked',
    'begin: Started',
    'failed: Started: it died',
  ]);
});
