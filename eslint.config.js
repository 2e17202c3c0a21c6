import tseslint from 'typescript-eslint';

// The import arrows of docs/architecture.md: each folder of src/ with the folders it may import from.
const arrows = {
  api: [],
  kv: [],
  folder: [],
  'kv-lmdb': ['kv', 'folder'],
  etcd: [],
  'kv-etcd': ['kv', 'etcd'],
  engine: ['etcd', 'folder'],
  chat: ['kv'],
  server: ['api', 'chat', 'kv', 'kv-lmdb', 'kv-etcd', 'etcd', 'engine', 'folder'],
  client: ['api'],
  launcher: ['engine', 'etcd'],
  cli: ['client', 'api', 'server', 'launcher'],
};

const arrowRules = Object.entries(arrows).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: Object.keys(arrows)
          .filter((other) => other !== folder && !allowed.includes(other))
          .map((other) => ({
            regex: `^(\\.\\./)+${other}/`,
            message: `src/${folder} may not import from src/${other}`,
          })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'src/api/', 'src/etcd/api/', '.setup/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json' } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  ...arrowRules,
);
