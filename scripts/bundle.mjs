// Bundles src/: a small file that knows `--version`, one with all that `status` needs, and one more per lazily
// imported command. As CommonJS: node starts a script with two dozen ES modules half as slowly again, and for each of
// its own modules that one of them imports it loads all that hides behind a name (with node:crypto all of Web
// Crypto). esbuild can split only ES modules, and splits finely; hence the second and the third step.
import { build, transform } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rawText } from './raw-text.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const START = './bin.js';
/** Loaded in the course of every `status`, so in one file: finding a file takes node longer than reading it. */
const FOR_STATUS = ['src/main.ts', 'src/cli/tell-pending.ts', 'src/cli/commands/status.run.ts'];

const common = { platform: 'node', target: 'node20.17', minifySyntax: true, minifyWhitespace: true };
const AS_COMMON_JS = {
  format: 'cjs',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'OWN_URL' },
};

/**
 * All of the tool. Each text is the body of a CommonJS module, but `status`, which is one of a function that is
 * called with module, exports, require and file name.
 * @returns `start`: what runs first; `status`: exports all modules of `statusModules`, each under its name;
 * `chunks`: the others, by name ("./x.js"), as they require each other; `inputs`: every file that is in any of it
 */
export async function bundle() {
  const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
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
  const statusModules = filesOf(FOR_STATUS, metafile);
  const status = await inOneFile(statusModules, texts);
  const chunks = new Map();
  for (const [name, text] of texts) {
    if (statusModules.has(name)) continue;
    const { code } = await transform(text, { ...common, ...AS_COMMON_JS });
    chunks.set(name, withOwnUrl(code));
  }
  const start = chunks.get(START);
  chunks.delete(START);
  const inputs = Object.keys(metafile.inputs);
  return { version, start, status, statusModules: [...statusModules], chunks, inputs };
}

async function inOneFile(modules, texts) {
  const {
    outputFiles: [file],
  } = await build({
    ...common,
    ...AS_COMMON_JS,
    // main.ts last: it runs the tool.
    stdin: {
      contents: [...modules]
        .reverse()
        .map((name) => `export * as ${JSON.stringify(name)} from ${JSON.stringify(name)};`)
        .join('\n'),
    },
    bundle: true,
    write: false,
    plugins: [{ name: 'status', setup: (bundle) => takeFromTexts(bundle, modules, texts) }],
    logLevel: 'warning',
  });
  // A function of the file's own `require`. All ASCII, as esbuild writes it: read so it needs no decoding.
  return asFunction(withOwnUrl(file.text));
}

/** The expression of a function, all ASCII. */
export function asFunction(body) {
  return `(function (module, exports, require, __filename) {${body}})`;
}

/** Those sources' files, with all that they import at once. */
function filesOf(sources, metafile) {
  const found = new Set();
  const take = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const { path, kind, external } of metafile.outputs[`dist/${basename(name)}`].imports)
      if (kind === 'import-statement' && external !== true) take(`./${basename(path)}`);
  };
  sources.forEach((source) => take(fileOf(source, metafile)));
  return found;
}

/** ./NAME of what a lazily imported source has become. */
function fileOf(source, metafile) {
  const [output] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
  if (output === undefined) throw new Error(`${source} is not imported lazily any more`);
  return `./${basename(output)}`;
}

function takeFromTexts(bundle, modules, texts) {
  bundle.onResolve({ filter: /^\.\// }, ({ path }) =>
    modules.has(path) ? { path, namespace: 'status' } : { path, external: true },
  );
  bundle.onLoad({ filter: /./, namespace: 'status' }, ({ path }) => ({ contents: texts.get(path) }));
}

function withOwnUrl(code) {
  if (!/\bOWN_URL\b/.test(code)) return code;
  return `const OWN_URL = require('node:url').pathToFileURL(__filename).href;\n${code}`;
}
