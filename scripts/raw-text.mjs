import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * For esbuild: `import css from './x.css?raw'` is the text of that file, as vitest has it by nature. So whole files
 * stay whole files in templates/, and the tool stays one that needs nothing beside it.
 */
export const rawText = {
  name: 'raw-text',
  setup(build) {
    build.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.slice(0, -'?raw'.length)),
      namespace: 'raw-text',
    }));
    build.onLoad({ filter: /./, namespace: 'raw-text' }, async ({ path }) => ({
      contents: await readFile(path, 'utf8'),
      loader: 'text',
      resolveDir: dirname(path),
      watchFiles: [path],
    }));
  },
};
