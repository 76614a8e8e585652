import { Refusal } from '../errors.js';

/** undefined when there is nothing. @throws Refusal E_IO */
export async function whenThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw new Refusal('E_IO', sentence(error), { cause: error });
  }
}

export function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

export function ioRefusal(doing: string, path: string, error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const hints: Record<string, string> = {
    ENOSPC: 'free space on that filesystem',
    EACCES: 'run it as root',
    EPERM: 'run it as root',
    EROFS: 'the filesystem is mounted read-only: see dmesg',
  };
  const hint = error instanceof Error && 'code' in error ? hints[String(error.code)] : undefined;
  return new Refusal('E_IO', `cannot ${doing} ${path}: ${sentence(error)}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
