/** Longer names no filesystem has. */
const LONGEST_NAME = 255;
const MOST_FOLDERS = 8;

/**
 * The path below the site's root that a request's target names; undefined when no file of a site can have it. Judged
 * once decoded: neither `..` nor anything else that begins with a dot, no backslash, no control characters.
 */
export function sitePath(target: string): string | undefined {
  const path = decoded(target.replace(/[?#][^]*$/, ''));
  if (!path?.startsWith('/')) return undefined;
  if (path === '/') return 'index.html';
  const names = path.slice(1).split('/');
  return names.length <= MOST_FOLDERS && names.every(isName) ? names.join('/') : undefined;
}

function isName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- they are what is refused
  return /^[^.\\/\u0000-\u001f\u007f][^\\/\u0000-\u001f\u007f]*$/.test(name) && name.length <= LONGEST_NAME;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
