import { readConf } from '../config/conf-file.js';
import { getValue } from '../config/sandstorm-conf.js';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

/** A setting of the server in HOME; undefined when there is no server, or it has none such. */
export async function serverSetting(home: string, key: string, host: Host): Promise<string | undefined> {
  try {
    return getValue((await readConf(home, host)).document, key);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'E_CONF_MISSING') return undefined;
    throw error;
  }
}
