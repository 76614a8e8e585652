import { chmod, chown, mkdir, readFile, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  editConf,
  lintConfFile,
  planConfEdit,
  readConf,
  requireSurvivableConf,
} from '../../src/config/conf-file.js';
import { makeMachine, type Machine } from '../helpers/conf-host.js';

const CONF = `SERVER_USER=sandstorm
PORT=6080
BASE_URL=http://sandstorm.corp.lan:6080   # as in DNS
WILDCARD_HOST=*.sandstorm.corp.lan:6080
UPDATE_CHANNEL=dev
`;

let machine: Machine;
beforeEach(async () => {
  machine = await makeMachine();
});
afterEach(() => machine.remove());

const onDisk = (): Promise<Buffer> => readFile(join(machine.home, 'sandstorm.conf'));
const put = (text: string | Uint8Array): Promise<void> => machine.write('opt/sandstorm/sandstorm.conf', text);
const none = { do: 'set', key: 'UPDATE_CHANNEL', value: 'none' } as const;

describe('editConf', () => {
  it('changes one line, keeps mode and owner, leaves a private backup outside HOME', async () => {
    await put(CONF);
    const path = join(machine.home, 'sandstorm.conf');
    await chmod(path, 0o640);
    if (process.getuid?.() === 0) await chown(path, 0, 12_345);

    const done = await editConf(machine.home, [none], machine.host);

    expect(done.changed).toBe(true);
    expect((await onDisk()).toString()).toBe(CONF.replace('=dev', '=none'));
    const now = await stat(path);
    expect(now.mode & 0o777).toBe(0o640);
    if (process.getuid?.() === 0) expect(now.gid).toBe(12_345);
    expect(await readFile(done.backup ?? '', 'utf8')).toBe(CONF);
    expect((await stat(done.backup ?? '')).mode & 0o777).toBe(0o600);
    expect(done.backup).toContain(machine.host.layout.stateDir);
    expect(await readdir(machine.home)).toEqual(['sandstorm.conf']);
    expect(done.diff).toContain('-UPDATE_CHANNEL=dev\n+UPDATE_CHANNEL=none\n');
  });

  it('does nothing the second time', async () => {
    await put(CONF);
    await editConf(machine.home, [none], machine.host);
    const before = await stat(join(machine.home, 'sandstorm.conf'));
    const again = await editConf(machine.home, [none], machine.host);
    expect(again).toMatchObject({ changed: false, diff: '', backup: undefined });
    expect((await stat(join(machine.home, 'sandstorm.conf'))).ino).toBe(before.ino);
    expect(await readdir(machine.path('state/conf-backups'))).toHaveLength(1);
  });

  it('keeps bytes that are no text, and the link when the file is one', async () => {
    const odd = Buffer.concat([Buffer.from(CONF + '# '), Buffer.from([0xff, 0x00, 0xc3, 0x0d, 0x0a])]);
    await machine.write('elsewhere/real.conf', odd);
    await symlink(machine.path('elsewhere/real.conf'), join(machine.home, 'sandstorm.conf'));
    const done = await editConf(machine.home, [none], machine.host, { backupDir: machine.path('kept') });
    const now = await readFile(machine.path('elsewhere/real.conf'));
    expect(now).toEqual(Buffer.from(odd.toString('latin1').replace('=dev', '=none'), 'latin1'));
    expect(await readFile(done.backup ?? '')).toEqual(odd);
    expect(done.backup).toContain(machine.path('kept'));
  });

  it('tells no secret to the log or in the diff', async () => {
    await put(`${CONF}PRIVATE_KEY_PASSWORD=geheim-alt\n`);
    const edit = { do: 'set', key: 'PRIVATE_KEY_PASSWORD', value: 'geheim-neu' } as const;
    const done = await editConf(machine.home, [edit], machine.host);
    expect(done.diff).not.toContain('geheim');
    expect(machine.log.filter((line) => !line.startsWith('hide '))).not.toContainEqual(
      expect.stringContaining('geheim'),
    );
    expect(machine.log).toContain('hide geheim-neu');
  });

  const refused: [name: string, edit: { key: string; value: string }, code: string][] = [
    ['an unknown key', { key: 'WILDCART_HOST', value: '*.x' }, 'E_CONF_UNKNOWN_KEY'],
    ['a value the server would not take', { key: 'PORT', value: 'http' }, 'E_CONF_VALUE'],
    ['a port that is taken by the database', { key: 'PORT', value: '3001' }, 'E_CONF_WOULD_KILL'],
    ['a value the file cannot hold', { key: 'TERMS_PAGE_PUBLIC_ID', value: 'a#b' }, 'E_CONF_VALUE'],
  ];
  it.each(refused)('refuses %s, and writes nothing', async (_, edit, code) => {
    await put(CONF);
    await expect(editConf(machine.home, [{ do: 'set', ...edit }], machine.host)).rejects.toMatchObject({
      code,
    });
    expect((await onDisk()).toString()).toBe(CONF);
    expect(await readdir(machine.root)).not.toContain('state');
  });

  it('refuses to take away what the server needs', async () => {
    await put(CONF);
    await expect(
      editConf(machine.home, [{ do: 'unset', key: 'BASE_URL' }], machine.host),
    ).rejects.toMatchObject({
      code: 'E_CONF_WOULD_KILL',
      exitCode: 3,
    });
  });

  it('stores what Sandstorm does not know when forced, and never what the file cannot hold', () => {
    const set = (key: string, value: string) =>
      planConfEdit(CONF, [{ do: 'set', key, value }], { force: true });
    expect(set('NEW_IN_310', '1').after).toBe(`${CONF}NEW_IN_310=1\n`);
    expect(set('PORT', 'x').changed).toBe(true);
    expect(() => set('NEW_IN_310', 'a\nb')).toThrow(expect.objectContaining({ code: 'E_CONF_VALUE' }));
  });

  it('lets a deadly file be mended step by step', () => {
    const broken = CONF.replace('PORT=6080', 'PORT=x').replace('*.', '');
    const first = planConfEdit(broken, [{ do: 'set', key: 'PORT', value: '6080' }]);
    expect(first.changed).toBe(true);
  });

  it('says so when there is no file', async () => {
    await expect(editConf(machine.home, [none], machine.host)).rejects.toMatchObject({
      code: 'E_CONF_MISSING',
    });
  });
});

describe('readConf', () => {
  it('refuses a folder, a device and a huge file', async () => {
    await mkdir(join(machine.home, 'sandstorm.conf'));
    await expect(readConf(machine.home, machine.host)).rejects.toMatchObject({ code: 'E_IO' });
    await symlink('/dev/zero', machine.path('sandstorm.conf'));
    await expect(readConf(machine.root, machine.host)).rejects.toMatchObject({ code: 'E_IO' });
    await machine.write('big/sandstorm.conf', 'A=1\n'.repeat(50_000));
    await expect(readConf(machine.path('big'), machine.host)).rejects.toMatchObject({ code: 'E_IO' });
  });
});

describe('requireSurvivableConf', () => {
  it('is content with a good file', async () => {
    await put(CONF);
    if (process.getuid?.() === 0)
      await expect(requireSurvivableConf(machine.home, machine.host)).resolves.toBeUndefined();
  });
  it('names the line that would kill', async () => {
    await put(`${CONF}oops\n`);
    await expect(requireSurvivableConf(machine.home, machine.host)).rejects.toMatchObject({
      code: 'E_CONF_WOULD_KILL',
      message: expect.stringContaining('line 6') as string,
    });
  });
  it("finds a file that root's server would refuse for its owner", async () => {
    await put(CONF);
    const file = await readConf(machine.home, machine.host);
    const foreign = { ...file, stat: { ...file.stat, uid: 1000 } };
    expect(lintConfFile(foreign, machine.host).filter(({ kills }) => kills)).toMatchObject([
      { code: 'OWNER' },
    ]);
  });
});
