import { setFlagsFromString } from 'node:v8';

/**
 * For whoever lets hundreds of megabytes go by in small pieces: the space for young garbage does not grow any
 * more, so that what went by is given back soon. Verifying 500 MB takes 72 instead of 87 MiB.
 */
export function keepMemoryLow(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
