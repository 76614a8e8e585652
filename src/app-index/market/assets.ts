import { createHash } from 'node:crypto';
import icon from '../../../templates/market/icon.svg?raw';
import noScript from '../../../templates/market/no-script.css?raw';
import script from '../../../templates/market/market.js?raw';
import style from '../../../templates/market/market.css?raw';

/** Whole files of the market, by their path in the site. */
export const ASSETS: ReadonlyMap<string, string> = new Map([
  ['market/market.css', style],
  ['market/no-script.css', noScript],
  ['market/market.js', script],
  ['market/icon.svg', icon],
]);

/**
 * The path with a word that changes with the content: a browser that keeps the old style would show new pages with
 * it, and a changed name would leave the old file behind on the server.
 */
export function assetAddress(path: string): string {
  const address = ADDRESSES.get(path);
  if (address === undefined) throw new Error(`the market has no ${path}`);
  return address;
}

const ADDRESSES: ReadonlyMap<string, string> = new Map(
  [...ASSETS].map(([path, content]) => [
    path,
    `${path}?v=${createHash('sha256').update(content).digest('hex').slice(0, 8)}`,
  ]),
);
