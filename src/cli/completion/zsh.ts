import { quoted, type Flag, type Place } from './words.js';

/** For a folder of $fpath, under the name _sandstorm-airgap; or to be sourced after compinit. */
export function zshCompletion(places: readonly Place[]): string {
  const known = places.slice(1).map(({ typed }) => quoted(typed));
  return `#compdef sandstorm-airgap
_sandstorm_airgap() {
  local at= word before=\${words[CURRENT - 1]}
  local -a offers
  for word in \${words[2,CURRENT - 1]}; do
    case "\${at:+$at }$word" in
      (${known.join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at $before" in
${places.flatMap(values).join('\n')}
  esac
  case $at in
${places.map(atPlace).join('\n')}
  esac
}
if [ "$funcstack[1]" = _sandstorm-airgap ]; then
  _sandstorm_airgap "$@"
else
  compdef _sandstorm_airgap sandstorm-airgap
fi
`;
}

function values({ typed, flags }: Place): string[] {
  return flags
    .filter(({ takesValue }) => takesValue)
    .map((flag) => `    (${quoted(`${typed} ${flag.name}`)}) ${offer(flag)}; return ;;`);
}

function offer({ completes }: Pick<Flag, 'completes'>): string {
  if (completes === 'path') return '_files';
  return completes === undefined ? '_message value' : `compadd -- ${completes.join(' ')}`;
}

function atPlace({ typed, commands, flags, positional }: Place): string {
  const words = [
    ...commands.map(({ name, summary }) => [name, summary]),
    ...(typeof positional === 'object' ? positional.map((word) => [word, '']) : []),
  ];
  const described = (pairs: readonly (readonly string[])[]): string =>
    pairs.map(([name = '', text = '']) => quoted(`${name}:${text.replaceAll(':', '\\\\:')}`)).join(' ');
  const options = flags.map(({ name, description }) => [name, description]);
  return `    (${quoted(typed)})
      if [[ \${words[CURRENT]} == -* ]]; then
        offers=(${described(options)})
        _describe -o option offers
      else
        ${positional === 'path' ? '_files' : `offers=(${described(words)})\n        _describe word offers`}
      fi
      ;;`;
}
