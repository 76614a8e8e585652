/**
 * The filter that Sandstorm sends for a login name: `&`, its own filter or (objectclass=*), and the name as it
 * was typed, nothing escaped. The outermost parentheses are added by the client on both sides.
 */
export function sandstormFilter(filter: string, attribute: string, login: string): string {
  return `&${filter === '' ? '(objectclass=*)' : filter}(${attribute}=${login})`;
}

/** Everybody whom that filter could ever find. */
export function everybodyFilter(filter: string, attribute: string): string {
  return sandstormFilter(filter, attribute, '*');
}

/** In a login name these would be part of the filter. */
export function breaksFilter(login: string): boolean {
  return /[()*\\\0]/.test(login);
}

export function isAttributeName(name: string): boolean {
  return /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/.test(name);
}

/**
 * What is wrong with "Additional LDAP filter criteria"; undefined when Sandstorm reads it as it was meant.
 * Its client (ldapjs 1) takes what stands outside of parentheses for part of a value, and knows no \28.
 */
export function filterProblem(filter: string): string | undefined {
  if (filter === '') return undefined;
  if (filter.includes('\\')) return "Sandstorm's client does not understand escapes such as \\28";
  if (!filter.startsWith('(')) return 'it does not begin with a parenthesis';
  let depth = 0;
  for (let index = 0; index < filter.length; index += 1) {
    const character = filter[index];
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0 || (depth === 0 && character !== ')'))
      return `its parentheses do not match (character ${index + 1})`;
  }
  if (depth !== 0) return 'its parentheses do not match';
  return isWellFormed(filter) ? undefined : 'it is no LDAP filter such as (objectClass=person)';
}

/** Parenthesised items side by side, each `&`, `|`, `!` of such, or `name OPERATOR value`. */
function isWellFormed(items: string): boolean {
  if (!/^[^()]*[()]/.test(items)) return false;
  return split(items).every((item) => {
    if (/^[&|!]/.test(item)) return item.length > 1 && item[1] === '(' && isWellFormed(item.slice(1));
    return /^[A-Za-z0-9][\w.;-]*(?::[\w.:]*)?[~><:]?=[^()]+$/.test(item);
  });
}

function split(items: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < items.length; at += 1) {
    if (items[at] === '(') {
      if (depth === 0) start = at + 1;
      depth += 1;
    } else if (items[at] === ')') {
      depth -= 1;
      if (depth === 0) found.push(items.slice(start, at));
    }
  }
  return found;
}
