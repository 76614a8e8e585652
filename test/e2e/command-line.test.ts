import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';

const tool = fileURLToPath(new URL('../../bin/sandstorm-airgap.js', import.meta.url));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [tool, ...args], { encoding: 'utf8' });
}

describe('the built command', () => {
  it.each(['', ...COMMANDS.map(({ name }) => name)])('%s --help explains itself', (name) => {
    const words = name.split(' ').filter((word) => word !== '');
    const { status, stdout, stderr } = run(...words, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: sandstorm-airgap ${name}`));
    // Examples may be longer: they are there to be copied.
    const [explained = ''] = stdout
      .split('\n\nValues come from')
      .flatMap((part) => part.split('\nExamples:'));
    expect(explained.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it.each([[['nonsense']], [['status', '--nonsense']], [['config', 'nonsense']], [[]]])(
    '%j is a mistake: exit code 2, and no stack trace',
    (args) => {
      const { status, stderr } = run(...args);
      expect(status).toBe(2);
      expect(stderr).not.toMatch(/\n +at /);
    },
  );

  it('does not mind a reader that goes away', () => {
    const script = `"$0" "$1" config lint --home /nonexistent 2> /dev/null | true; "$0" "$1" status --home /nonexistent | true; echo "\${PIPESTATUS[0]}"`;
    expect(spawnSync('bash', ['-c', script, process.execPath, tool], { encoding: 'utf8' }).stdout).toBe(
      '0\n',
    );
  });
});
