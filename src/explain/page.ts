/** What there is to say about one error code or check. */
export interface Page {
  /** "E_BUSY", "dns.wildcard" */
  readonly code: string;
  readonly means: string;
  readonly why: string;
  readonly whatToDo: string;
  /** To be typed, with capital letters where something is to be put in. */
  readonly commands: readonly string[];
  /** Other codes and checks, and commands of this tool. */
  readonly see: readonly string[];
}

/**
 * Pages as they stand in templates/explain: a heading of the second level with the code, a paragraph, then paragraphs
 * that begin with "Why:", "Do:" and "See:", and commands as indented lines. Pure.
 */
export function parsePages(markdown: string): Page[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [code = '', ...body] = section.split('\n');
      const paragraphs = body
        .join('\n')
        .split(/\n{2,}/)
        .map((one) => one.replace(/^\n+|\s+$/g, ''));
      const commands = paragraphs.filter((one) => one.startsWith('    ')).flatMap((one) => one.split('\n'));
      const words = paragraphs.filter((one) => one !== '' && !one.startsWith('    ')).map(oneLine);
      const labelled = (label: string): string =>
        words
          .find((one) => one.startsWith(label))
          ?.slice(label.length)
          .trim() ?? '';
      return {
        code: code.trim(),
        means: words.find((one) => !/^(?:Why|Do|See):/.test(one)) ?? '',
        why: labelled('Why:'),
        whatToDo: labelled('Do:'),
        commands: commands.map((one) => one.trim()),
        see: labelled('See:')
          .split(', ')
          .filter((one) => one !== ''),
      };
    });
}

function oneLine(paragraph: string): string {
  return paragraph.replace(/\s*\n\s*/g, ' ');
}
