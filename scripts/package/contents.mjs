// What a package holds besides the program, and where it lies there.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NAME = 'sandstorm-airgap';

/** @param program the single file, which tells what its manual is and how a shell completes it */
export async function describe(program) {
  const says = (...args) => run(program, args);
  const [manual, bash, zsh, fish] = await Promise.all([
    says('manual'),
    ...['bash', 'zsh', 'fish'].map((shell) => says('completion', shell)),
  ]);
  return { manual, bash, zsh, fish };
}

/** Unpacked anywhere: the launcher on top, what it starts in lib/. */
export async function archiveFiles(parts) {
  return {
    [NAME]: { text: await launcher(BESIDE), mode: 0o755 },
    [`lib/${NAME}`]: { from: parts.program, mode: 0o755 },
    'README.md': { from: `${root}README.md` },
    'CHANGELOG.md': { from: `${root}CHANGELOG.md` },
    LICENSE: { from: `${root}LICENSE` },
    'THIRD-PARTY-LICENSES': { text: parts.licences },
    'bom.json': { text: parts.bom },
    [`share/man/man1/${NAME}.1`]: { text: parts.manual },
    [`share/completion/${NAME}.bash`]: { text: parts.bash },
    [`share/completion/_${NAME}`]: { text: parts.zsh },
    [`share/completion/${NAME}.fish`]: { text: parts.fish },
  };
}

/** In a machine's own folders, as .deb and .rpm put it. */
export async function systemFiles(parts, { zshFolder }) {
  const doc = `usr/share/doc/${NAME}`;
  return {
    [`usr/bin/${NAME}`]: { text: await launcher(`/usr/lib/${NAME}/${NAME}`), mode: 0o755 },
    [`usr/lib/${NAME}/${NAME}`]: { from: parts.program, mode: 0o755 },
    [`${doc}/README.md`]: { from: `${root}README.md` },
    [`${doc}/THIRD-PARTY-LICENSES.gz`]: { text: parts.licences },
    [`${doc}/bom.json`]: { text: parts.bom },
    [`usr/share/man/man1/${NAME}.1.gz`]: { text: parts.manual },
    [`usr/share/bash-completion/completions/${NAME}`]: { text: parts.bash },
    [`${zshFolder}/_${NAME}`]: { text: parts.zsh },
    [`usr/share/fish/vendor_completions.d/${NAME}.fish`]: { text: parts.fish },
  };
}

/** Shell: the program beside the launcher, also when that is started through a link or by name from its own folder. */
const BESIDE = `$0
[ ! -h "$program" ] || program=$(readlink -f "$program")
case $program in
  */*) program=\${program%/*}/lib/${NAME} ;;
  *) program=./lib/${NAME} ;;
esac`;

async function launcher(program) {
  const text = await readFile(new URL('launcher.sh', import.meta.url), 'utf8');
  return text.replace('@PROGRAM@', () => program);
}
