import { getValue, type ConfDocument } from '../config/sandstorm-conf.js';
import { Refusal } from '../errors.js';
import type { Ports } from '../preflight/check.js';
import type { HealthTarget } from '../server/health.js';
import { judgeHome, observeHome, type InstalledServer } from '../server/home-state.js';
import type { Host } from '../system/host.js';
import { noServer } from './update-refusals.js';

/** @throws Refusal E_NO_SERVER, E_PENDING */
export async function requireServer(home: string, host: Host): Promise<InstalledServer> {
  const state = judgeHome(await observeHome(home, host));
  if (state.kind !== 'server') throw noServer(home, state);
  return state;
}

/** What sandstorm.conf says about reaching the server. @throws Refusal E_CONF_INCOMPLETE */
export function targetFor(home: string, conf: ConfDocument, waive: readonly string[]): HealthTarget {
  const baseUrl = getValue(conf, 'BASE_URL')?.replace(/\/+$/, '');
  const wildcardHost = getValue(conf, 'WILDCARD_HOST');
  if (baseUrl === undefined || wildcardHost === undefined) {
    const missing = baseUrl === undefined ? 'BASE_URL' : 'WILDCARD_HOST';
    throw new Refusal('E_CONF_INCOMPLETE', `sandstorm.conf in ${home} has no ${missing}`, {
      hint: `sandstorm-airgap config set ${missing} VALUE`,
    });
  }
  const port = portsOf(conf)?.http[0];
  const bindIp = getValue(conf, 'BIND_IP') ?? '127.0.0.1';
  const direct = port !== undefined && waive.some((id) => id.startsWith('dns.'));
  return {
    home,
    release: undefined,
    baseUrl,
    wildcardHost,
    ...(direct ? { directTo: { address: bindIp === '0.0.0.0' ? '127.0.0.1' : bindIp, port } } : {}),
  };
}

/** The ports of a sandstorm.conf; undefined when it does not name them all as numbers. */
export function portsOf(conf: ConfDocument): Ports | undefined {
  const number = (text: string | undefined): number => (/^\s*\d+\s*$/.test(text ?? '') ? Number(text) : NaN);
  const http = (getValue(conf, 'PORT') ?? '').split(',').map(number);
  const https = getValue(conf, 'HTTPS_PORT');
  const mongo = number(getValue(conf, 'MONGO_PORT'));
  const smtp = number(getValue(conf, 'SMTP_LISTEN_PORT') ?? '30025');
  const all = [...http, mongo, smtp, ...(https === undefined ? [] : [number(https)])];
  if (all.some(Number.isNaN)) return undefined;
  return { http, mongo, smtp, ...(https === undefined ? {} : { https: number(https) }) };
}
