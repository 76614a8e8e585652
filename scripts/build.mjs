// Bundles src/ into dist/: one start-up file, and one more per lazily imported command, so that little is read
// and compiled for `--version` and `status`. As CommonJS: node starts a script with two dozen ES modules half as
// slowly again, and for each of its own modules that one of them imports it loads all that hides behind a name
// (with node:crypto all of Web Crypto). esbuild can split only ES modules, hence the second step.
import { build, transform } from 'esbuild';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

await rm(`${root}dist`, { recursive: true, force: true });
const common = { platform: 'node', target: 'node20.17', minifySyntax: true, minifyWhitespace: true };
const { outputFiles } = await build({
  ...common,
  absWorkingDir: root,
  entryPoints: ['src/bin.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  write: false,
  legalComments: 'none',
  define: { SANDSTORM_AIRGAP_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
});
await mkdir(`${root}dist`);
for (const { path, text } of outputFiles) {
  const { code } = await transform(text, {
    ...common,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'OWN_URL' },
  });
  const ownUrl = /\bOWN_URL\b/.test(code)
    ? "const OWN_URL = require('node:url').pathToFileURL(__filename).href;\n"
    : '';
  await writeFile(path, ownUrl + code);
}
await writeFile(`${root}dist/package.json`, '{ "type": "commonjs" }\n');
await cp(`${root}test/stand-ins`, `${root}dist/stand-ins`, {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
