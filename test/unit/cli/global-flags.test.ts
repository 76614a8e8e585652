import { expect, it } from 'vitest';
import { globalFlags } from '../../../src/cli/global-flags.js';

it('takes nothing but global flags for a start of the wizard', () => {
  expect(globalFlags([])).toEqual({});
  expect(globalFlags(['--home', '/srv/x'])).toEqual({ home: '/srv/x' });
  expect(globalFlags(['--home=/srv/x', '--dry-run', '--log-file', 'f', '--debug'])).toEqual({
    home: '/srv/x',
    dryRun: true,
    logFile: 'f',
    debug: true,
  });
});

it('leaves everything else to the command line', () => {
  for (const args of [
    ['status'],
    ['--home', '/srv/x', 'status'],
    ['--help'],
    ['--home'],
    // Nobody can be asked then.
    ['--json'],
    ['--no-input'],
    ['--yes'],
    ['--base-url', 'http://x.lan'],
  ]) {
    expect(globalFlags(args)).toBeUndefined();
  }
});
