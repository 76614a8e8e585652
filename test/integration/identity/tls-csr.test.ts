import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { CertificateMaker } from '../../helpers/certificates.js';
import { tempDir, writeTree } from '../../helpers/fake-host.js';

let command: BuiltCommand;
const maker = new CertificateMaker();
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(async () => {
  maker.remove();
  await command.remove();
});

async function server(conf: string): Promise<{ home: string; key: string; csr: string }> {
  const home = await tempDir();
  await writeTree(home, { 'sandstorm.conf': conf });
  return { home, key: join(home, 'k.pem'), csr: join(home, 'r.pem') };
}
const CONF = 'BASE_URL=https://sandstorm.test\nWILDCARD_HOST=ss-*.sandstorm.test\n';
const changed = (stdout: string): unknown => (JSON.parse(stdout) as { changed: unknown }).changed;

it('from request to certificate: what the CA signs passes the check', { timeout: 60_000 }, async () => {
  const { home, key, csr } = await server(CONF);
  const make = [
    'tls',
    'csr',
    '--home',
    home,
    '--key',
    key,
    '--csr',
    csr,
    '--bits',
    '2048',
    '--organization',
    'A $b#c',
  ];
  const planned = await command.run([...make, '--dry-run', '--json']);
  expect(planned).toMatchObject({ exitCode: 0 });
  expect(changed(planned.stdout)).toBe(false);
  await expect(stat(key)).rejects.toThrow('ENOENT');

  const made = await command.run(make);
  expect(made).toMatchObject({ exitCode: 0, stderr: '' });
  expect(made.stdout).toContain('sandstorm.test, *.sandstorm.test');
  expect(made.stdout).toContain('wider than WILDCARD_HOST');
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  const first = await readFile(key, 'utf8');

  const again = await command.run([...make, '--json']);
  expect(changed(again.stdout)).toBe(false);
  expect(again.stdout).not.toContain('PRIVATE');
  expect(await readFile(key, 'utf8')).toBe(first);

  const root = maker.make({ cn: 'House Root', ca: true });
  const signed = maker.make({ by: root, sameKeyAs: root, request: await readFile(csr, 'utf8') });
  const ca = ['--key', key, '--ca', root.certificateFile];
  const right = await command.run(['tls', 'check', signed.certificateFile, '--home', home, ...ca]);
  expect(right).toMatchObject({ exitCode: 0, stderr: '' });
  expect(right.stdout).toMatch(
    /✔ tls\.wildcard-name +ss-\*\.sandstorm\.test, by the wider \*\.sandstorm\.test/,
  );
  expect(right.stdout).toMatch(/config set .*HTTPS_PORT 443/);

  const wrong = await command.run(['tls', 'check', root.certificateFile, '--home', home, ...ca, '--json']);
  expect(wrong.exitCode).toBe(3);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ ok: false, error: { code: 'E_TLS_NOT_READY' } });
});

it('leaves a key alone that it cannot use', async () => {
  const { home, key, csr } = await server(CONF);
  const half = (await readFile(maker.make().keyFile, 'utf8')).slice(0, 500);
  for (const text of [half, '', maker.make({ key: 'ec:P-256' }).key]) {
    await writeFile(key, text);
    const ran = await command.run(['tls', 'csr', '--home', home, '--key', key, '--csr', csr]);
    expect(ran).toMatchObject({ exitCode: 5 });
    expect(ran.stderr).toContain('E_TLS_FORMAT');
    expect(await readFile(key, 'utf8')).toBe(text);
    await expect(stat(csr)).rejects.toThrow('ENOENT');
  }
});

it('makes no request for names that no certificate can cover', async () => {
  const { home, key, csr } = await server(CONF.replace('ss-*', 'a.*'));
  const ran = await command.run(['tls', 'csr', '--home', home, '--key', key, '--csr', csr]);
  expect(ran).toMatchObject({ exitCode: 3 });
  await expect(stat(key)).rejects.toThrow('ENOENT');
});
