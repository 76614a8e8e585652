import { join } from 'node:path';
import { isSecretKey } from '../../config/known-settings.js';
import type { KnownSecret } from '../../support/known.js';
import type { Host } from '../../system/host.js';

const LARGEST = 64 * 1024;

/**
 * The secrets of this very server that can be known, to be looked for wherever else they may have got: of
 * sandstorm.conf, and the token of the setup link.
 */
export async function secretsHere(home: string, host: Host): Promise<KnownSecret[]> {
  const read = async (path: string): Promise<string> =>
    (await host.files.readText(join(home, path), LARGEST).catch(() => undefined)) ?? '';
  const token = (await read('var/sandstorm/adminToken')).trim();
  return [
    ...secretsIn(await read('sandstorm.conf')),
    ...(token === '' ? [] : [{ name: 'setup link', value: token }]),
  ];
}

/** Of a sandstorm.conf, commented-out lines too. Pure. */
export function secretsIn(conf: string): KnownSecret[] {
  return conf.split('\n').flatMap((line): KnownSecret[] => {
    const [, name = '', value = ''] = /^[\s#]*([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (value === '' || !isSecretKey(name)) return [];
    const found = /^[a-z][a-z0-9+.-]*:\/\/(.*)@/i.exec(value)?.[1];
    const parts = found === undefined ? [value] : [found, ...userAndPassword(found)];
    return [...new Set(parts)].map((part) => ({ name, value: part }));
  });
}

function userAndPassword(userInfo: string): string[] {
  const colon = userInfo.indexOf(':');
  const password = colon < 0 ? '' : userInfo.slice(colon + 1);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
