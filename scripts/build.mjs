// Bundles src/ into dist/: one start-up file, and one more per lazily imported command. Few small files to
// find and read are what keeps `--version` and `status` near the start-up of node itself.
import { build } from 'esbuild';
import { cp, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

await rm(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/bin.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.17',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: { SANDSTORM_AIRGAP_VERSION: JSON.stringify(version) },
  banner: {
    // Bundled CommonJS packages still call require() for node's own modules.
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await cp(`${root}test/stand-ins`, `${root}dist/stand-ins`, {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
