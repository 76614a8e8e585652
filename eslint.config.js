import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const nodeGlobals = { console: 'readonly', process: 'readonly', URL: 'readonly', Buffer: 'readonly' };

/** Imports run one way: cli -> operations -> domain rooms -> system. Whoever is asked does not ask back. */
const oneWay = (files, forbidden) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { group: forbidden, message: 'imports run from cli to operations to the domain to system' },
        ],
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist', 'coverage', '.cache'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Effects are handed round as records of functions that use no `this`.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], languageOptions: { globals: nodeGlobals } },
  {
    files: ['**/*.cjs', 'bin/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: { ...nodeGlobals, require: 'readonly' } },
  },
  {
    // What runs in the browser.
    files: ['templates/market/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: Object.fromEntries(
        'document location history localStorage sessionStorage addEventListener URL URLSearchParams Element'
          .split(' ')
          .map((name) => [name, 'readonly']),
      ),
    },
  },
  oneWay(['src/system/**'], ['../*/*', '!../errors.js', '!./*']),
  oneWay(
    [
      'src/{release,config,service,server,snapshot,update,journal,preflight,schedule,support,runbook,explain,installer,apps,app-index,identity,capnp,kit,ansible}/**',
    ],
    ['**/cli/**', '**/operations/**', '**/wizard/**'],
  ),
  oneWay(['src/operations/**'], ['**/cli/**', '**/wizard/**']),
);
