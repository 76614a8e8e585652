/**
 * Reading systemd unit files (systemd.syntax(7), systemd.service(5)) as far as needed to see what a
 * unit starts. Pure.
 */

/** The command lines of ExecStart=, in order, over the unit file and its drop-ins in the order they apply. */
export function execStarts(texts: readonly string[]): string[][] {
  let commands: string[] = [];
  for (const text of texts) {
    for (const { section, key, value } of settings(text)) {
      if (section !== 'Service' || key !== 'ExecStart') continue;
      // An empty assignment empties the list: so drop-ins replace instead of adding.
      commands = value === '' ? [] : [...commands, value];
    }
  }
  return commands.map(words);
}

interface UnitSetting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

function settings(text: string): UnitSetting[] {
  const found: UnitSetting[] = [];
  let section = '';
  for (const line of logicalLines(text)) {
    const header = /^\[([^\]]*)\]$/.exec(line)?.[1];
    const equals = line.indexOf('=');
    if (header !== undefined) section = header;
    else if (equals > 0) {
      found.push({ section, key: line.slice(0, equals).trim(), value: line.slice(equals + 1).trim() });
    }
  }
  return found;
}

/** A backslash at the end joins lines; comment lines between the joined ones are skipped. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (/^[#;]/.test(line)) continue;
    const joined: string = open === undefined ? line : `${open} ${line}`;
    if (joined.endsWith('\\')) open = joined.slice(0, -1).trimEnd();
    else {
      open = undefined;
      if (joined !== '') lines.push(joined);
    }
  }
  return open === undefined ? lines : [...lines, open];
}

/** Splits at blanks outside quotes, and takes the special prefixes off the program. */
function words(command: string): string[] {
  const found = command.match(/(?:[^\s"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+/g) ?? [];
  const plain = found.map((word) => word.replace(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/g, '$1$2'));
  return plain.map((word, index) => (index === 0 ? word.replace(/^[-@:+!|]+/, '') : word));
}

/** `systemctl show` prints KEY=VALUE lines. */
export function parseShow(output: string): ReadonlyMap<string, string> {
  return new Map(
    output.split('\n').flatMap((line): [string, string][] => {
      const equals = line.indexOf('=');
      return equals > 0 ? [[line.slice(0, equals), line.slice(equals + 1).trim()]] : [];
    }),
  );
}

/** Whether a /proc/PID/cgroup puts the process into that unit, on either version of cgroups. */
export function cgroupIsIn(cgroup: string, unit: string): boolean {
  return cgroup
    .split('\n')
    .filter((line) => line.startsWith('0::') || line.includes(':name=systemd:'))
    .some((line) => line.slice(line.indexOf('/')).split('/').includes(unit));
}
