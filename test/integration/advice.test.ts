import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import type { Outcome } from '../../src/cli/command.js';
import { parsePages } from '../../src/explain/page.js';
import { EXPLAIN_TEXTS } from '../../src/explain/texts.js';
import type { ReportedCheck } from '../../src/preflight/check.js';
import {
  canHaveServers,
  refusalOf,
  throwAwayServer,
  type ThrowAwayServer,
} from '../helpers/throw-away-server.js';
import { quietUi } from '../helpers/mirroring.js';
import { readTyped } from '../helpers/typed-commands.js';

/* The fault is really made, what `explain` advises is typed, and all is well again. */

const pages = EXPLAIN_TEXTS.flatMap(parsePages);

let one: ThrowAwayServer;
let newer = '';

async function typed(line: string): Promise<Outcome> {
  const { name, values } = await readTyped(line);
  const body = await COMMANDS.find((command) => command.name === name)?.load();
  if (body === undefined) throw new Error(`no command ${name}`);
  return body({
    ...{ host: one.host, ui: quietUi, values, home: one.world.home, columns: 80 },
    ...{ dryRun: values.dryRun === true, json: true, interactive: false },
    need: (key: string, fallback?: string) => Promise.resolve((values[key] ?? fallback) as never),
    keepTranscript: () => undefined,
  } as never);
}

/** Types a line of that page, with what stands for the house's own replaced. */
function advised(
  code: string,
  line: string,
  ...own: readonly (readonly [string, string])[]
): Promise<Outcome> {
  expect(pages.find((page) => page.code === code)?.commands).toContain(line);
  const quickly = line.startsWith('sandstorm-airgap update ') ? ' --stable-for 0.3 --start-timeout 6' : '';
  return typed(own.reduce((text, [from, to]) => text.replace(from, to), line) + quickly);
}

async function statusOf(check: string): Promise<string | undefined> {
  const seen = await typed('sandstorm-airgap preflight').catch((error: unknown) => error);
  const { result } = seen as { result: { checks: readonly ReportedCheck[] } };
  return result.checks.find(({ id }) => id === check)?.status;
}

describe.skipIf(!canHaveServers('advice, followed'))('what explain advises', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    one = await throwAwayServer();
    newer = await one.world.makeRelease(309);
    await one.install(await one.world.makeRelease(308));
  });
  afterAll(() => one.end());

  it('conf.lint: a line that would kill the server is found and mended', async () => {
    const conf = join(one.world.home, 'sandstorm.conf');
    const port = /^MONGO_PORT=(\d+)$/m.exec(await readFile(conf, 'utf8'))?.[1] ?? '';
    await writeFile(conf, (await readFile(conf, 'utf8')).replace(/^MONGO_PORT=.*$/m, 'MONGO_PORT=twelve'));
    expect(await statusOf('conf.lint')).toBe('fail');
    const lint = await refusalOf(advised('conf.lint', 'sandstorm-airgap config lint'), 'E_CONF_LINT');
    expect(JSON.stringify(lint.result)).toContain('MONGO_PORT');
    const set = 'sandstorm-airgap config set KEY VALUE';
    await advised('conf.lint', set, ['KEY', 'MONGO_PORT'], ['VALUE', port]);
    expect(await statusOf('conf.lint')).toBe('pass');
  });

  it('E_SERVICE_START: who holds the port is named, and the server starts once it is gone', async () => {
    const { port } = new URL(one.world.baseUrl);
    await typed('sandstorm-airgap service stop');
    const other = createServer().listen(Number(port), '0.0.0.0');
    await new Promise((resolve) => other.once('listening', resolve));
    try {
      await refusalOf(typed('sandstorm-airgap service start'), 'E_SERVICE_START');
      const { exitCode, result } = await advised('E_SERVICE_START', 'sandstorm-airgap preflight');
      expect(exitCode).toBe(3);
      const { checks } = result as { checks: readonly ReportedCheck[] };
      const held = checks.find(({ id }) => id === 'port.http');
      expect(held?.lines.join()).toContain(`pid ${String(process.pid)}`);
      expect(held?.status).toBe('fail');
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
    await advised('E_SERVICE_START', 'sandstorm-airgap service start');
    expect((await typed('sandstorm-airgap status')).result).toMatchObject({ running: true, healthy: true });
  });

  it('E_TARBALL_CORRUPT: cut short on the stick, and copied anew', async () => {
    const stick = join(one.world.root, 'sandstorm-309.tar.xz');
    await copyFile(newer, stick);
    await copyFile(`${newer}.update-sig`, `${stick}.update-sig`);
    await truncate(stick, 5000);
    await refusalOf(typed(`sandstorm-airgap update ${stick}`), 'E_TARBALL_CORRUPT');
    const verify = 'sandstorm-airgap release verify /media/usb/sandstorm-309.tar.xz';
    const again = () => advised('E_TARBALL_CORRUPT', verify, ['/media/usb/sandstorm-309.tar.xz', stick]);
    await refusalOf(again(), 'E_TARBALL_CORRUPT');
    await copyFile(newer, stick);
    expect((await again()).result).toMatchObject({ build: 309, authentic: true });
  });

  it('E_TARBALL_UNSIGNED: refused, and taken once its signature lies beside it', async () => {
    const folder = join(one.world.root, 'sandstorm-309.tar.xz.d');
    await one.host.files.makeDir(folder);
    const unsigned = join(folder, 'sandstorm-309.tar.xz');
    await copyFile(newer, unsigned);
    const update = 'sandstorm-airgap update sandstorm-309.tar.xz';
    const again = () => advised('E_TARBALL_UNSIGNED', update, ['sandstorm-309.tar.xz', unsigned]);
    await refusalOf(again(), 'E_TARBALL_UNSIGNED');
    await copyFile(`${newer}.update-sig`, `${unsigned}.update-sig`);
    expect((await again()).result).toMatchObject({ to: 309, healthy: true });
    expect((await typed('sandstorm-airgap status')).result).toMatchObject({ build: 309, healthy: true });
  });

  it('E_UPDATE_UNDONE: people can work, and a good release of that build goes through', async () => {
    const bad = await one.world.makeRelease(310, 'dies=at-start\n');
    const update = 'sandstorm-airgap update TARBALL';
    const again = (line: string) => advised('E_UPDATE_UNDONE', line, ['TARBALL', bad]);
    await refusalOf(again(update), 'E_UPDATE_UNDONE');
    const status = () => advised('E_UPDATE_UNDONE', 'sandstorm-airgap status');
    expect((await status()).result).toMatchObject({ build: 309, healthy: true, pending: null });
    await one.world.makeRelease(310);
    expect((await again(`${update} --dry-run`)).result).toMatchObject({ plan: { to: 'sandstorm-310' } });
    expect((await again(update)).result).toMatchObject({ to: 310, healthy: true });
    expect((await status()).result).toMatchObject({ build: 310, lastOperation: { outcome: 'done' } });
  });
});
