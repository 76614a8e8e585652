// A package for Debian, Ubuntu and their children.
import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemFiles } from './contents.mjs';
import { MAINTAINER, SUMMARY, DESCRIPTION } from './words.mjs';
import { run } from './run.mjs';
import { writeTree } from './tree.mjs';

const NAME = 'sandstorm-airgap';

const COPYRIGHT = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ${NAME}

Files: *
Copyright: © 2026 the contributors of ${NAME}
License: Apache-2.0
 On Debian systems the text of this licence is in /usr/share/common-licenses/Apache-2.0.

Files: usr/lib/${NAME}/${NAME}
Copyright: the makers of Node.js and of each library in it
License: third-party
 Who they are, and what each of them grants, is in THIRD-PARTY-LICENSES.gz beside this file.
`;

/** @returns the name of the file */
export async function makeDeb(parts, out, work) {
  const folder = join(work, 'deb');
  const name = `${NAME}_${parts.version}_amd64.deb`;
  const files = {
    ...(await systemFiles(parts, { zshFolder: 'usr/share/zsh/vendor-completions' })),
    [`usr/share/doc/${NAME}/copyright`]: { text: COPYRIGHT },
    [`usr/share/doc/${NAME}/changelog.gz`]: { text: changelog(parts) },
    [`usr/share/lintian/overrides/${NAME}`]: {
      text: await readFile(new URL('lintian-overrides', import.meta.url), 'utf8'),
    },
  };
  await writeTree(folder, files, parts.epoch);
  const kilobytes = Math.ceil((await bytesIn(folder, Object.keys(files))) / 1024);
  await writeTree(folder, { 'DEBIAN/control': { text: control(parts.version, kilobytes) } }, parts.epoch);
  const built = join(work, name);
  // More than 1 takes four times as long, for a tenth: the archive is what is small.
  await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', folder, built], {
    env: { SOURCE_DATE_EPOCH: String(parts.epoch), DPKG_DEB_THREADS_MAX: '2' },
  });
  await copyFile(built, join(out, name));
  return name;
}

/** Beside the two libraries it calls what every server of Sandstorm has anyway; `preflight` asks for that. */
function control(version, kilobytes) {
  return `Package: ${NAME}
Version: ${version}
Architecture: amd64
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.28), libstdc++6 (>= 7)
Recommends: openssl, xz-utils
Section: admin
Priority: optional
Description: ${SUMMARY}
${DESCRIPTION.map((line) => ` ${line}`).join('\n')}
`;
}

function changelog({ version, epoch }) {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `${NAME} (${version}) stable; urgency=medium

  * See CHANGELOG.md of the sources for what has changed.

 -- ${MAINTAINER}  ${date}
`;
}

async function bytesIn(folder, paths) {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(join(folder, path))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
