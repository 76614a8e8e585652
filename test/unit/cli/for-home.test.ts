import { describe, expect, it } from 'vitest';
import { DEFAULT_HOME, forHome } from '../../../src/cli/for-home.js';

describe('a suggested command', () => {
  it.each([
    ['sandstorm-airgap resume', 'sandstorm-airgap resume --home /srv/s'],
    [
      'sandstorm-airgap resume   (goes on), or sandstorm-airgap abort   (goes back)',
      'sandstorm-airgap resume --home /srv/s   (goes on), or sandstorm-airgap abort --home /srv/s   (goes back)',
    ],
    ['or `sandstorm-airgap rollback`, later', 'or `sandstorm-airgap rollback --home /srv/s`, later'],
    ['sandstorm-airgap config set PORT 80', 'sandstorm-airgap config set --home /srv/s PORT 80'],
    ['sudo sandstorm-airgap service start', 'sudo sandstorm-airgap service start --home /srv/s'],
    ['sandstorm-airgap status: all is there', 'sandstorm-airgap status --home /srv/s: all is there'],
  ])('%j names the server it is about', (said, complete) => {
    expect(forHome('/srv/s', said)).toBe(complete);
    expect(forHome(DEFAULT_HOME, said)).toBe(said);
  });

  it.each([
    'run the same sandstorm-airgap install command again',
    'sandstorm-airgap update TARBALL --home ITS-FOLDER',
    'sandstorm-airgap trust list',
    'sandstorm-airgap on a terminal, sandstorm-airgap --help',
    'sandstorm-airgap status-of-things',
  ])('%j is left alone', (said) => {
    expect(forHome('/srv/s', said)).toBe(said);
  });

  it('is found wherever it stands in a result, and the path is safe to copy', () => {
    const said = { next: ['sandstorm-airgap abort'], n: 1, none: null, at: new Date(0) };
    expect(forHome(`/srv/it's`, said)).toEqual({
      ...said,
      next: [`sandstorm-airgap abort --home '/srv/it'\\''s'`],
    });
  });
});
