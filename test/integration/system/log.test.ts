import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTranscript } from '../../../src/system/log.js';
import { tempDir } from '../../helpers/fake-host.js';

const AT = new Date('2026-11-22T02:13:00Z');
const transcript = (): ReturnType<typeof createTranscript> => createTranscript(() => AT);
const words = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.replace('2026-11-22T02:13:00.000Z ', ''));

describe('a transcript', () => {
  it('has all of it in every file, from the first line on, for its owner only', async () => {
    const dir = await tempDir();
    const log = transcript();
    log('one');
    log.addFile(join(dir, 'first'));
    log('two');
    log.addFile(join(dir, 'second'));
    log('three');
    log.close();
    log('after');
    for (const name of ['first', 'second']) {
      expect(words(join(dir, name))).toEqual(['one', 'two', 'three']);
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('adds to a file that is there, and closes it to others', async () => {
    const dir = await tempDir();
    const path = join(dir, 'log');
    writeFileSync(path, 'earlier run\n');
    chmodSync(path, 0o644);
    const log = transcript();
    log.addFile(path);
    log('now');
    expect(words(path)).toEqual(['earlier run', 'now']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    log.close();
  });

  it('holds no secret, also not one that was said before it was known as one', async () => {
    const dir = await tempDir();
    const log = transcript();
    log('password is hunter2hunter2, yes hunter2hunter2');
    log('http://x/setup/token/abc123');
    log.hide('hunter2hunter2');
    // Hiding this would spoil every other word.
    log.hide('no');
    log.addFile(join(dir, 'log'));
    log('nothing of hunter2hunter2');
    expect(words(join(dir, 'log'))).toEqual([
      'password is …, yes …',
      'http://x/setup/token/…',
      'nothing of …',
    ]);
    log.close();
  });

  it('does not grow without end before there is a file', async () => {
    const dir = await tempDir();
    const log = transcript();
    for (let line = 0; line < 5000; line += 1) log(String(line));
    log.addFile(join(dir, 'log'));
    expect(words(join(dir, 'log'))).toHaveLength(1000);
    log.close();
  });

  it('refuses a file that cannot be written, in one sentence', async () => {
    const dir = await tempDir();
    spawnSync('mkfifo', [join(dir, 'pipe')]);
    for (const name of ['none/log', '', 'pipe']) {
      expect(() => transcript().addFile(join(dir, name))).toThrow(
        expect.objectContaining({
          code: 'E_IO',
          message: expect.stringContaining('cannot write the transcript') as string,
        }) as Error,
      );
    }
  });

  it('goes on when the disk is full', () => {
    const log = transcript();
    log('before');
    log.addFile('/dev/full');
    expect(() => log('after')).not.toThrow();
    log.close();
  });
});
