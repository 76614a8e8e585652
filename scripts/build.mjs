// Bundles src/ into dist/: a small file that knows `--version`, one with all that `status` needs, and one more per lazily
// imported command. As CommonJS: node starts a script with two dozen ES modules half as slowly again, and for each of
// its own modules that one of them imports it loads all that hides behind a name (with node:crypto all of Web
// Crypto). esbuild can split only ES modules, and splits finely; hence the second and the third step.
import { build, transform } from 'esbuild';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileAhead, loaderOf } from './compile-ahead.mjs';
import { rawText } from './raw-text.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
const START = './bin.js';
const STATUS = 'status.js';
/** Loaded in the course of every `status`, so in one file: finding a file takes node longer than reading it. */
const FOR_STATUS = ['src/main.ts', 'src/cli/tell-pending.ts', 'src/cli/commands/status.run.ts'];

await rm(`${root}dist`, { recursive: true, force: true });
await mkdir(`${root}dist`);
const common = { platform: 'node', target: 'node20.17', minifySyntax: true, minifyWhitespace: true };
const AS_COMMON_JS = {
  format: 'cjs',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'OWN_URL' },
};
const { outputFiles, metafile } = await build({
  ...common,
  absWorkingDir: root,
  entryPoints: ['src/bin.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  write: false,
  metafile: true,
  legalComments: 'none',
  define: { SANDSTORM_AIRGAP_VERSION: JSON.stringify(version) },
  plugins: [rawText],
  logLevel: 'warning',
});

const texts = new Map(outputFiles.map(({ path, text }) => [`./${basename(path)}`, text]));
const forStatus = filesOf(FOR_STATUS);
const {
  outputFiles: [status],
} = await build({
  ...common,
  ...AS_COMMON_JS,
  // main.ts last: it runs the tool.
  stdin: {
    contents: [...forStatus]
      .reverse()
      .map((name) => `export * as ${JSON.stringify(name)} from ${JSON.stringify(name)};`)
      .join('\n'),
  },
  bundle: true,
  write: false,
  plugins: [{ name: 'status', setup: takeFromTexts }],
  logLevel: 'warning',
});
// A function of the file's own `require`. All ASCII, as esbuild writes it: read so it needs no decoding.
const code = `(function (module, exports, require, __filename) {${withOwnUrl(status.text)}})`;
await writeFile(`${root}dist/${STATUS}`, code);
await writeFile(`${root}dist/package.json`, '{ "type": "commonjs" }\n');
await cp(`${root}test/stand-ins`, `${root}dist/stand-ins`, {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});

// The start-up file last: a build that was cut off must not look like one.
for (const [name, text] of [...texts].sort(
  ([one], [other]) => Number(one === START) - Number(other === START),
)) {
  if (forStatus.has(name)) continue;
  const { code } = await transform(text, { ...common, ...AS_COMMON_JS });
  const [first, last] =
    name === START
      ? [loaderOf(STATUS, [...forStatus]), 'module.exports = { ofStatus };\n']
      : [`const { ofStatus } = require('${START}');\n`, ''];
  await writeFile(
    `${root}dist/${name}`,
    `${first}require = ((plainly) => (name) => ofStatus(name) ?? plainly(name))(require);\n${withOwnUrl(code)}${last}`,
  );
}
await compileAhead({ start: `${root}dist/bin.js`, cache: `${root}dist/${STATUS}.cache` });

/** Those sources' files in dist/, with all that they import at once. */
function filesOf(sources) {
  const found = new Set();
  const take = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const { path, kind, external } of metafile.outputs[`dist/${basename(name)}`].imports)
      if (kind === 'import-statement' && external !== true) take(`./${basename(path)}`);
  };
  sources.forEach((source) => take(fileOf(source)));
  return found;
}

/** ./NAME of what a lazily imported source has become. */
function fileOf(source) {
  const [output] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
  if (output === undefined) throw new Error(`${source} is not imported lazily any more`);
  return `./${basename(output)}`;
}

function takeFromTexts(bundle) {
  bundle.onResolve({ filter: /^\.\// }, ({ path }) =>
    forStatus.has(path) ? { path, namespace: 'status' } : { path, external: true },
  );
  bundle.onLoad({ filter: /./, namespace: 'status' }, ({ path }) => ({ contents: texts.get(path) }));
}

function withOwnUrl(code) {
  if (!/\bOWN_URL\b/.test(code)) return code;
  return `const OWN_URL = require('node:url').pathToFileURL(__filename).href;\n${code}`;
}
