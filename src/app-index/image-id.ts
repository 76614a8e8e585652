import { extname } from 'node:path';
import { blake2b } from '@noble/hashes/blake2';
import type { AppImage, AppMetadata } from '../apps/app-package.js';

/** Its name in the index: 16 bytes of BLAKE2b (node's own only makes 64), and the format. */
export function imageId({ bytes, format }: AppImage): string {
  return `${Buffer.from(blake2b(bytes, { dkLen: 16 })).toString('hex')}.${format}`;
}

/** What these bytes would be called, were they of the same format as the image of that name. */
export function imageIdOf(bytes: Uint8Array, name: string): string {
  return imageId({ bytes, format: extname(name).slice(1) as AppImage['format'] });
}

/** What stands for an app in the index: the market icon, else the app grid's. */
export function indexIcon({ market, appGrid }: AppMetadata['icons']): AppImage | undefined {
  const icon = market ?? appGrid;
  // The index has one image for all screens; only a PNG has another for sharp ones.
  return icon?.double ?? icon?.single;
}
