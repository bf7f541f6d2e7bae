import eslint from '@eslint/js';
import { importX } from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

const nodeBuiltins = builtinModules.flatMap((name) => [name, `node:${name}`]);

/** What each folder may import from; nothing else of the project. CONTRIBUTING.md has the same order. */
const imports = {
  'measurement/format': [],
  spec: ['measurement/format'],
  'measurement/load': ['measurement/format'],
  'measurement/server': ['measurement/format'],
  'measurement/account': ['measurement/format', 'measurement/server'],
  'measurement/judging': ['measurement/format', 'measurement/load', 'measurement/server', 'measurement/account'],
  'measurement/capacity': [
    'measurement/format',
    'measurement/load',
    'measurement/server',
    'measurement/account',
    'measurement/judging',
  ],
  'measurement/findings': [
    'measurement/format',
    'measurement/load',
    'measurement/server',
    'measurement/account',
    'measurement/judging',
  ],
  'measurement/comparing': ['measurement/format', 'measurement/judging'],
  report: ['spec', 'measurement'],
  'load-workflows': ['spec'],
  orchestrator: ['spec', 'measurement', 'report', 'load-workflows'],
  temporal: ['spec', 'measurement', 'orchestrator'],
  executor: ['spec', 'load-workflows', 'temporal'],
  activities: ['spec', 'measurement', 'report', 'load-workflows', 'orchestrator', 'temporal', 'executor'],
  machine: ['spec', 'measurement', 'report', 'load-workflows', 'orchestrator', 'temporal', 'executor', 'activities'],
  cli: [
    'spec',
    'measurement',
    'report',
    'load-workflows',
    'orchestrator',
    'temporal',
    'executor',
    'activities',
    'machine',
  ],
};
const contains = (folder, other) => other === folder || other.startsWith(`${folder}/`);
const zones = Object.entries(imports).flatMap(([folder, allowed]) =>
  Object.keys(imports)
    .filter((other) => !contains(folder, other) && !allowed.some((one) => contains(one, other)))
    .map((other) => ({
      target: `./${folder}`,
      from: `./${other}`,
      message: `${folder}/ must not import from ${other}/: imports run in one direction`,
    })),
);

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'schemas/', 'tests/replay/histories/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        fetch: 'readonly',
        AbortController: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { project: './tsconfig.json' } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Workflow code and everything it imports runs in the sandbox: deterministic, without Node.
    files: ['orchestrator/**/*.ts', 'load-workflows/**/*.ts', 'measurement/**/*.ts', 'spec/**/*.ts', 'report/**/*.ts'],
    ignores: ['load-workflows/activities/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: nodeBuiltins.map((name) => ({ name, message: 'there is no Node in the workflow sandbox' })) },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'a workflow is deterministic: use measurement/random' },
      ],
    },
  },
  {
    // Workflows know activities by their types alone.
    files: ['orchestrator/**/*.ts', 'load-workflows/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/activities/*'],
              allowTypeImports: true,
              message: 'workflows import activities as types only',
            },
          ],
        },
      ],
    },
  },
);
