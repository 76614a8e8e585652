import { join } from 'node:path';
import { APP_ID, PACKAGE_ID } from '../app-index/layout.js';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { isCount, isMoment, KIT_ID, matches, SHA256 } from './manifest.js';
import { isObject } from '../json.js';
import { kitPlaces } from './places.js';
import { requestBroken } from './refusals.js';

/**
 * What a server has, so that a kit can be made of what it lacks. It is not signed: a wrong one makes a kit with too
 * much or too little in it, and nothing worse. It holds no names of people and no addresses.
 */
export interface KitRequest {
  readonly format: typeof REQUEST_FORMAT;
  /** 32 hex digits; the server knows its own. */
  readonly id: string;
  readonly created: string;
  readonly madeWith: string;
  /** Build that is installed; null without a server. */
  readonly build: number | null;
  /** Bytes free where tarballs are kept. */
  readonly free: number;
  readonly packages: readonly RequestedPackage[];
  /** SHA-256 of what was received and still lies there. */
  readonly has: readonly string[];
  /** Ids of the kits that were taken in. */
  readonly kits: readonly string[];
  /** Public keys whose kits are taken in. */
  readonly trusts: readonly string[];
}

export interface RequestedPackage {
  readonly packageId: string;
  readonly appId: string;
  readonly versionNumber: number;
}

export const REQUEST_FORMAT = 'sandstorm-airgap-request-1';
const LARGEST = 16 * 1024 * 1024;
const MOST = 100_000;

export function requestText(request: KitRequest): string {
  return `${JSON.stringify(request, undefined, 1)}\n`;
}

/** @throws Refusal E_KIT_REQUEST, E_IO */
export async function readRequest(path: string, host: Host): Promise<KitRequest> {
  const text = await host.files.readText(path, LARGEST);
  if (text === undefined) throw requestBroken(path, 'there is no such file');
  const request = parseRequest(text);
  if (typeof request === 'string') throw requestBroken(path, request);
  return request;
}

/** Remembers that it was made here: only then a difference for it is taken in. */
export async function rememberRequest({ id, created }: KitRequest, host: Host): Promise<void> {
  const { requests } = kitPlaces(host);
  await host.files.makeDir(requests, 0o755);
  await host.files.writeAtomic(join(requests, `${id}.json`), `${JSON.stringify({ id, created })}\n`);
}

/** A request, or why it is none, as a clause. Pure. */
export function parseRequest(text: string): KitRequest | string {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  if (!isObject(said) || said.format !== REQUEST_FORMAT) return 'it does not say that it is one';
  const { id, created, madeWith, build, free, packages, has, kits, trusts } = said;
  if (!matches(id, KIT_ID) || !isMoment(created) || typeof madeWith !== 'string')
    return 'its head is damaged';
  if ((build !== null && !isCount(build)) || !isCount(free)) return 'its figures are no numbers';
  if (!isListOf(has, SHA256) || !isListOf(kits, KIT_ID) || !isListOf(trusts, SHA256))
    return 'its lists are damaged';
  if (!Array.isArray(packages) || packages.length > MOST || !packages.every(isPackage))
    return 'its list of packages is damaged';
  return said as unknown as KitRequest;
}

/** @throws Refusal E_KIT_UNTRUSTED when the server would not take a kit that this key signs */
export function requireWelcome({ trusts }: KitRequest, key: string, line: string): void {
  if (trusts.includes(key)) return;
  throw new Refusal(
    'E_KIT_UNTRUSTED',
    'the server that made the request does not trust the key that would sign',
    {
      hint: `on the server: sandstorm-airgap key trust '${line}' --reason TEXT, and a new request`,
    },
  );
}

function isPackage(said: unknown): said is RequestedPackage {
  return (
    isObject(said) &&
    matches(said.packageId, PACKAGE_ID) &&
    matches(said.appId, APP_ID) &&
    isCount(said.versionNumber)
  );
}

function isListOf(said: unknown, shape: RegExp): said is string[] {
  return Array.isArray(said) && said.length <= MOST && said.every((one) => matches(one, shape));
}
