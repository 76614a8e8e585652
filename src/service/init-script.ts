/**
 * The program an init script drives: the value of its last DAEMON=, with the script's own plain
 * variables filled in. install.sh writes `DAEMON=HOME/sandstorm` and hands it the script's arguments.
 * Pure; nothing is run, so what needs a shell to know stays unknown.
 */
export function daemonOf(script: string): string | undefined {
  const variables = new Map<string, string>();
  for (const line of script.split(/\r?\n/)) {
    const found =
      /^\s*(?:export\s+|readonly\s+)?([A-Za-z_]\w*)=("[^"]*"|'[^']*'|[^\s;#"']*)\s*(?:[;#].*)?$/.exec(line);
    if (found === null) continue;
    const [, name = '', written = ''] = found;
    const value = written.startsWith("'")
      ? written.slice(1, -1)
      : expand(written.replace(/^"|"$/g, ''), variables);
    // No path is longer, and doublings would otherwise fill the memory.
    if (value === undefined || value.length > 4096) variables.delete(name);
    else variables.set(name, value);
  }
  const daemon = variables.get('DAEMON');
  return daemon?.startsWith('/') === true ? daemon : undefined;
}

function expand(text: string, variables: ReadonlyMap<string, string>): string | undefined {
  if (text.length > 1024 || /[`]|\$\(|\$\{\w+[^\w}]/.test(text)) return undefined;
  return text.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (_, braced?: string, bare?: string) => variables.get(braced ?? bare ?? '') ?? '',
  );
}
