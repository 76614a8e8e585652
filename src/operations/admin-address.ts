import { confPath, readConf } from '../config/conf-file.js';
import { getValue, type ConfDocument } from '../config/sandstorm-conf.js';
import type { Host } from '../system/host.js';

/** sandstorm.conf of HOME; undefined where there is none yet. @throws Refusal E_IO */
export async function confIfAny(home: string, host: Host): Promise<ConfDocument | undefined> {
  if ((await host.files.stat(confPath(home))) === undefined) return undefined;
  return (await readConf(home, host)).document;
}

/** BASE_URL without a slash at its end. */
export function baseUrlOf(conf: ConfDocument | undefined): string | undefined {
  const value = conf === undefined ? undefined : getValue(conf, 'BASE_URL');
  return value === undefined || value === '' ? undefined : value.replace(/\/+$/, '');
}
