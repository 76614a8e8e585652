import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Host } from '../system/host.js';

/**
 * Whether a program's path is the sandstorm command of this HOME: HOME/sandstorm itself, by whatever
 * links one gets there, or the binary of one of its releases. Works with a dangling `latest` too: a
 * broken update must not make us forget who manages the server.
 */
export async function pointsAtHome(program: string, home: string, host: Host): Promise<boolean> {
  const realHome = await real(home, host);
  let path = program;
  for (let links = 0; links < 10; links += 1) {
    if (!isAbsolute(path)) return false;
    const folder = await real(dirname(path), host);
    if (isCommandIn(join(folder, basename(path)), realHome)) return true;
    const target = await host.files.readLink(path).catch(() => undefined);
    if (target === undefined) return false;
    path = isAbsolute(target) ? target : join(folder, target);
  }
  return false;
}

function isCommandIn(path: string, realHome: string): boolean {
  if (basename(path) !== 'sandstorm') return false;
  const folder = dirname(path);
  return (
    folder === realHome || (dirname(folder) === realHome && /^(latest|sandstorm-.+)$/.test(basename(folder)))
  );
}

/** As far as this user may look. */
async function real(path: string, host: Host): Promise<string> {
  return (await host.files.realPath(path).catch(() => undefined)) ?? path;
}
