// Makes a fresh clone ready: installs what package-lock.json pins and builds dist/, each only when out of date.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const at = (path) => join(root, path);
const changed = (path) => (existsSync(at(path)) ? statSync(at(path)).mtimeMs : 0);
const newest = (dir) =>
  readdirSync(at(dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);

if (changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
}
const sources = Math.max(
  ...['src', 'scripts', 'templates', 'schemas', 'test/stand-ins'].map(newest),
  changed('package.json'),
);
if (changed('dist/bin.js') < sources) {
  execFileSync(process.execPath, [at('scripts/build.mjs')], { cwd: root, stdio: 'inherit' });
}
