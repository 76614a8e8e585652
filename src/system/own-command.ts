import { resolve } from 'node:path';

/**
 * The words with which this very tool is started again, each absolute: node and the script as it was named, since that
 * name may be a link that outlives a version; or the one file that is both.
 */
export function ownCommand(): string[] {
  const script = process.argv[1];
  // In a program that carries its node along the script is the program itself, or none.
  if (script === undefined || script === process.execPath) return [process.execPath];
  return [process.execPath, resolve(script)];
}
