import { isIP } from 'node:net';
import { badValue } from '../../errors.js';
import type { ListenAt } from '../../system/web.js';
import { indexLayout } from '../layout.js';

/** What a web server's configuration says of a site. */
export interface WebSite {
  /** DIR/public */
  readonly root: string;
  readonly dir: string;
  /** None: whatever name it is asked by. */
  readonly names: readonly string[];
  /** No address: all of the machine's. */
  readonly listen: { readonly address: string | undefined; readonly port: number };
}

/** @throws Refusal E_BAD_VALUE for a folder that cannot be written into every configuration. */
export function webSite(dir: string, names: readonly string[], listen: WebSite['listen']): WebSite {
  // Each server quotes in its own way, and nginx has none for a dollar sign.
  if (!/^[\w /.,+@=~:-]+$/.test(dir)) {
    throw badValue('the folder of the index', dir, 'a path of plain letters, digits and _ . , + @ = ~ : -');
  }
  return { dir, root: indexLayout(dir).public, names, listen };
}

/** "apps.corp.lan", perhaps "*.corp.lan": what may stand in a configuration. */
export function parseServerName(text: string, what: string): string {
  const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
  if (text.length > 253 || !new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*$`, 'i').test(text)) {
    throw badValue(what, text, 'a host name such as apps.corp.lan');
  }
  return text;
}

/** "80", "10.0.0.5:80", "[fe80::1]:80". */
export function parseListen(text: string, what: string): WebSite['listen'] {
  const [, inBrackets, plain, digits = ''] = /^(?:(?:\[([^\]]+)\]|([\d.]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const address = inBrackets ?? plain;
  const port = Number(digits);
  const right = address === undefined || isIP(address) === (inBrackets === undefined ? 4 : 6);
  if (digits === '' || port < 1 || port > 65_535 || !right) {
    throw badValue(what, text, 'a port, or an address and a port: 80, 10.20.0.5:80, [fd00::5]:80');
  }
  return { address, port };
}

/** The same with an address in any case; port 0 takes any that is free. */
export function parseListenAt(text: string, what: string): ListenAt {
  const { address, port } = parseListen(text.replace(/:0$/, ':1'), what);
  if (address === undefined) throw badValue(what, text, 'an address and a port: 127.0.0.1:8080');
  return { address, port: text.endsWith(':0') ? 0 : port };
}

/** As in a URL: an IPv6 address in brackets. */
export function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
