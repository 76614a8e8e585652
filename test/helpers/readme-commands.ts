/** One command of the README, as a reader would type it. */
export interface ReadmeCommand {
  readonly command: string;
  readonly line: number;
  readonly exit: number;
  /** A text its output must have. */
  readonly prints: string | undefined;
}

const BLOCK = /((?:<!-- (?:exit|prints): .*? -->\s*)*)```(sh|yaml)\n([^]*?)```/g;

/**
 * All commands in `sh` blocks, and `cmd:` of tasks in `yaml` blocks, in order. `<!-- exit: 3 -->` and
 * `<!-- prints: TEXT -->` before a block speak of its last command; all others end with 0.
 */
export function readmeCommands(markdown: string): ReadmeCommand[] {
  return [...markdown.matchAll(BLOCK)].flatMap(({ index, 1: notes = '', 2: language, 3: text = '' }) => {
    const line = markdown.slice(0, index).split('\n').length;
    const commands = language === 'yaml' ? taskCommands(text) : shellCommands(text);
    return commands.map((command, at) => {
      const last = at === commands.length - 1;
      return {
        command,
        line,
        exit: last ? Number(/exit: (\d+)/.exec(notes)?.[1] ?? 0) : 0,
        prints: last ? /prints: (.*?) -->/.exec(notes)?.[1] : undefined,
      };
    });
  });
}

/** One a line; a backslash at the end goes on, and so does a here-document. */
function shellCommands(text: string): string[] {
  const commands: string[] = [];
  let begun: string[] = [];
  let until: string | undefined;
  for (const line of text.split('\n')) {
    if (begun.length === 0 && line.trim() === '') continue;
    begun.push(line);
    until ??= /<<'(\w+)'/.exec(line)?.[1];
    if (until === undefined ? line.endsWith('\\') : line !== until) continue;
    commands.push(begun.join('\n'));
    begun = [];
    until = undefined;
  }
  return commands;
}

function taskCommands(text: string): string[] {
  return [...text.matchAll(/^( +)cmd: >-\n((?:\1 +.*\n)+)/gm)].map(([, , folded = '']) =>
    folded.trim().replace(/\s*\n\s*/g, ' '),
  );
}
