// A package for RHEL, Fedora, openSUSE and their children.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemFiles } from './contents.mjs';
import { DESCRIPTION, SUMMARY } from './words.mjs';
import { run } from './run.mjs';
import { writeTree } from './tree.mjs';

const NAME = 'sandstorm-airgap';

/** @returns the name of the file */
export async function makeRpm(parts, out, work) {
  const folder = join(work, 'rpm-root');
  const build = join(work, 'rpm');
  const name = `${NAME}-${parts.version}-1.x86_64.rpm`;
  const files = await systemFiles(parts, { zshFolder: 'usr/share/zsh/site-functions' });
  await writeTree(folder, files, parts.epoch);
  await mkdir(build, { recursive: true });
  await writeFile(join(build, 'spec'), spec(parts.version, folder, Object.keys(files)));
  const macros = {
    _topdir: build,
    _rpmdir: build,
    _rpmfilename: name,
    // The same bytes wherever it is made.
    _buildhost: 'localhost',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    _binary_payload: 'w9.zstdio',
    // What is in it is not to be looked into, stripped or linked once more.
    debug_package: '%{nil}',
    __os_install_post: '%{nil}',
    _build_id_links: 'none',
  };
  const defines = Object.entries(macros).flatMap(([key, value]) => ['--define', `${key} ${value}`]);
  await run('rpmbuild', ['-bb', '--quiet', '--target', 'x86_64-linux', ...defines, join(build, 'spec')], {
    env: { SOURCE_DATE_EPOCH: String(parts.epoch) },
  });
  await copyFile(join(build, name), join(out, name));
  return name;
}

function spec(version, folder, paths) {
  return `Name: ${NAME}
Version: ${version}
Release: 1
Summary: ${SUMMARY.charAt(0).toUpperCase()}${SUMMARY.slice(1)}
License: Apache-2.0
AutoReqProv: no
Requires: glibc >= 2.28, libstdc++ >= 7, /bin/sh

%description
${DESCRIPTION.join('\n')}

%install
cp -a "${folder}/." "%{buildroot}/"

%files
%defattr(-,root,root,-)
${ownFolders(paths)
  .map((path) => `%dir /${path}`)
  .join('\n')}
${paths.map((path) => `/${path}`).join('\n')}
`;
}

/** Those that are not on every machine, or its removal would leave them: that of a shell, too, may be there by it alone. */
function ownFolders(paths) {
  const everywhere = new Set([
    'usr',
    'usr/bin',
    'usr/lib',
    'usr/share',
    'usr/share/doc',
    'usr/share/man',
    'usr/share/man/man1',
  ]);
  const folders = paths.flatMap((path) =>
    path
      .split('/')
      .slice(0, -1)
      .map((_, index, names) => names.slice(0, index + 1).join('/')),
  );
  return [...new Set(folders)].filter((folder) => !everywhere.has(folder)).sort();
}
