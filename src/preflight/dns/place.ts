import { canonicalIp, isLoopback, isUnspecified, parseIp } from '../../system/ip.js';
import type { Origin } from './observe.js';

/** Where names must lead. Addresses are in their one spelling (`canonicalIp`). */
export interface Wanted {
  /** Addresses of this machine. */
  readonly own: readonly string[];
  /** What the server will listen on. */
  readonly bindIp: string;
  /** The address names must have instead, when a proxy or NAT stands in front. */
  readonly expectAddress: string | undefined;
}

export type Place =
  | 'right'
  /** Somewhere else. */
  | 'foreign'
  /** 127.x or ::1: each client's own machine. */
  | 'loopback'
  /** This machine, but the server listens on another of its addresses. */
  | 'not-listening'
  /** This machine, but the server listens on loopback: something must pass requests on. */
  | 'behind-proxy'
  /** This machine, but the server listens on IPv4 only. */
  | 'other-family';

/** BIND_IP=0.0.0.0 is an IPv4 socket: IPv6 is not served along with it. */
export function placeOf(address: string, wanted: Wanted, origin: Origin): Place {
  const { expectAddress, bindIp } = wanted;
  if (expectAddress !== undefined && canonicalIp(expectAddress) === address) return 'right';
  const mine = isLoopback(address) || wanted.own.includes(address);
  // Behind NAT this machine's own /etc/hosts may well name its inner address.
  if (expectAddress !== undefined) return mine && origin === 'lookup' ? 'right' : 'foreign';
  if (!mine) return 'foreign';
  if (isLoopback(address)) return isLoopback(bindIp) ? 'right' : 'loopback';
  if (isLoopback(bindIp)) return 'behind-proxy';
  if (isUnspecified(bindIp)) {
    return parseIp(bindIp)?.family === 4 && parseIp(address)?.family === 6 ? 'other-family' : 'right';
  }
  return canonicalIp(bindIp) === address ? 'right' : 'not-listening';
}
