import tseslint from 'typescript-eslint';

// The import arrows of docs/architecture.md: each folder of src/ with the folders it may import from.
const arrows = {
  api: [],
  kv: [],
  folder: [],
  certs: [],
  'kv-lmdb': ['kv', 'folder'],
  etcd: [],
  'kv-etcd': ['kv', 'etcd'],
  engine: ['etcd', 'folder'],
  chat: ['kv'],
  transfer: ['chat', 'kv'],
  server: ['api', 'chat', 'kv', 'kv-lmdb', 'kv-etcd', 'etcd', 'engine', 'folder', 'transfer'],
  client: ['api'],
  'client-node': ['client', 'folder'],
  launcher: ['certs', 'engine', 'etcd', 'folder'],
  terminal: ['client', 'client-node'],
  cli: ['client', 'client-node', 'terminal', 'server', 'launcher', 'transfer', 'certs'],
};

const arrowRules = Object.entries(arrows).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.{ts,tsx}`],
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

// The client library runs in browsers too: what only one platform has is passed in.
const portableRules = {
  files: ['src/client/**/*.ts'],
  ignores: ['**/*.test.ts'],
  rules: {
    'no-restricted-globals': ['error', 'process', 'Buffer', 'window', 'document', 'localStorage', 'global'],
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [{ regex: '^(node:|@connectrpc/connect-)', message: 'src/client runs on every platform' }],
      },
    ],
  },
};

// The page stands on the client library alone.
const webRules = {
  files: ['web/src/**/*.{ts,tsx}'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: '^(\\.\\./)+src/(?!client/|api/)',
            message: 'web may import from src/client and src/api only',
          },
          { regex: '^node:', message: 'web runs in browsers' },
        ],
      },
    ],
  },
};

// What judges the server knows only what its clients have written down.
const checkerRules = {
  files: ['robustness/checker/**/*.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: '^(\\.\\./)+(?!history/)',
            message: 'robustness/checker may import from robustness/history only',
          },
        ],
      },
    ],
  },
};

export default tseslint.config(
  { ignores: ['dist/', 'dist-web/', 'build/', 'node_modules/', 'src/api/', 'src/etcd/api/', '.setup/'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './web/tsconfig.json', './web/worker/tsconfig.json'] },
    },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  ...arrowRules,
  portableRules,
  webRules,
  checkerRules,
);
