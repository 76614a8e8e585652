import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { nginxConfig } from '../../src/app-index/web-config/nginx.js';
import { webSite } from '../../src/app-index/web-config/site.js';
import { freePort } from './free-port.js';
import { requireReal } from './real-parts.js';

export function requireNginx(what: string): boolean {
  return requireReal(what, ['nginx']);
}

/** A real nginx with the configuration that `index config` prints, on loopback until the test is over; its base URL. */
export async function serveByNginx(dir: string): Promise<string> {
  const prefix = await mkdtemp(join(tmpdir(), 'sandstorm-airgap-nginx-'));
  await mkdir(join(prefix, 'tmp'));
  const port = await freePort();
  const site = nginxConfig(webSite(dir, [], { address: '127.0.0.1', port }));
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(prefix, 'tmp', name)};`,
  );
  await writeFile(
    join(prefix, 'nginx.conf'),
    `daemon off; master_process off; user root; pid ${prefix}/pid; error_log stderr;
events {}
http { access_log off; ${places.join(' ')}
${site}
}`,
  );
  const child = spawn('nginx', ['-p', prefix, '-c', join(prefix, 'nginx.conf')], {
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  onTestFinished(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(prefix, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${String(port)}`;
  for (let tries = 0; tries < 400; tries += 1) {
    if (child.exitCode !== null) throw new Error(`nginx: ${said}`);
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return url;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nginx does not answer: ${said}`);
}
