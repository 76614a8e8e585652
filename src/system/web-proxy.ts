import { isIP } from 'node:net';
import { Refusal } from '../errors.js';
import type { WebEnvironment } from './web.js';

/**
 * The proxy through which that URL is reached, as the environment has it; undefined: none. As curl reads it: lower
 * case only for http_proxy, which a CGI script's caller could set in capitals.
 * @throws Refusal E_BAD_VALUE
 */
export function proxyFor(url: URL, env: WebEnvironment): string | undefined {
  const names =
    url.protocol === 'https:'
      ? ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']
      : ['http_proxy', 'all_proxy', 'ALL_PROXY'];
  const name = names.find((one) => (env[one] ?? '') !== '');
  if (name === undefined || isExcepted(url, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined;
  const text = env[name] ?? '';
  const proxy = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // Not repeated in the message: it may hold a password.
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    throw new Refusal('E_BAD_VALUE', `${name} does not name a proxy that speaks HTTP`, {
      hint: `unset ${name}, or set it as http://proxy.corp.lan:3128`,
    });
  }
  return proxy;
}

/** no_proxy: names with all below them, addresses, each perhaps with a port; a star for everything. */
function isExcepted(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list
    .split(/[\s,]+/)
    .filter((one) => one !== '')
    .some((one) => {
      if (one === '*') return true;
      const [, bare = one, only] = /^(.*?[^:]):(\d+)$/.exec(one) ?? [];
      const isAddress = isIP(one.replace(/^\[|\]$/g, '')) !== 0;
      const wanted = (isAddress ? one : bare)
        .replace(/^\[|\]$/g, '')
        .replace(/^\*?\./, '')
        .toLowerCase();
      if (!isAddress && only !== undefined && only !== port) return false;
      return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`));
    });
}
