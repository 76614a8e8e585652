import { quoted, type Flag, type Place } from './words.js';

/** For fish 3.1 and later: a file in vendor_completions.d or ~/.config/fish/completions. */
export function fishCompletion(places: readonly Place[]): string {
  const known = places.slice(1).map(({ typed }) => quoted(typed));
  return `# fish completion for sandstorm-airgap
function __sandstorm_airgap_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        set -l longer (string trim "$at $word")
        contains -- $longer ${known.join(' ')}; and set at $longer
    end
    test "$at" = "$argv[1]"
end
complete -c sandstorm-airgap -f
${places.flatMap(atPlace).join('\n')}
`;
}

function atPlace({ typed, commands, flags, positional }: Place): string[] {
  const line = `complete -c sandstorm-airgap -n ${quoted(`__sandstorm_airgap_at "${typed}"`)}`;
  return [
    ...commands.map(({ name, summary }) => `${line} -a ${name} -d ${quoted(summary)}`),
    ...(positional === undefined ? [] : [`${line} ${offer(positional)}`]),
    ...flags.map((flag) => `${line} -l ${flag.name.slice(2)} -d ${quoted(flag.description)}${value(flag)}`),
  ];
}

function offer(completes: NonNullable<Flag['completes']>): string {
  return completes === 'path' ? '-F' : `-a ${quoted(completes.join(' '))}`;
}

function value({ takesValue, completes }: Flag): string {
  if (!takesValue) return '';
  if (completes === 'path') return ' -r -F';
  return completes === undefined ? ' -x' : ` -x ${offer(completes)}`;
}
