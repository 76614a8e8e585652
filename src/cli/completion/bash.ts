import type { Flag, Place } from './words.js';

/** For bash 4.2 and later, with or without the package bash-completion. */
export function bashCompletion(places: readonly Place[]): string {
  return `# bash completion for sandstorm-airgap
_sandstorm_airgap() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} at= words= files= word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "\${at:+$at }$word" in
      ${places
        .slice(1)
        .map(({ typed }) => `'${typed}'`)
        .join(' | ')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at $before" in
${places.flatMap(values).join('\n')}
    *)
      case $at in
${places.map(atPlace).join('\n')}
      esac
      ;;
  esac
  if [[ $current == -* ]]; then files=; fi
  if [[ -n $files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -F _sandstorm_airgap sandstorm-airgap
`;
}

function values({ typed, flags }: Place): string[] {
  return flags
    .filter(({ takesValue }) => takesValue)
    .map((flag) => `    '${typed} ${flag.name}') ${offer(flag)} ;;`);
}

function offer({ completes }: Pick<Flag, 'completes'>): string {
  if (completes === 'path') return 'files=1';
  return `words='${(completes ?? []).join(' ')}'`;
}

function atPlace({ typed, commands, flags, positional }: Place): string {
  const names = commands.map(({ name }) => name).join(' ');
  const own = typeof positional === 'object' ? positional.join(' ') : '';
  const options = flags.map(({ name }) => name).join(' ');
  const files = positional === 'path' ? ' files=1' : '';
  return `        '${typed}') words='${names}${own}'${files}; [[ $current != -* ]] || words='${options}' ;;`;
}
