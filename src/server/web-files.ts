import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the set-up puts the page, for what runs in src/ and in dist/. */
const builtFolder = fileURLToPath(new URL('../../dist-web/', import.meta.url));
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;
const types: Partial<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** One file of the page. */
export type WebFile = {
  readonly type: string;
  readonly bytes: Buffer;
  /** Smaller forms by content coding, the smallest first. */
  readonly compressed: ReadonlyMap<string, Buffer>;
  /** Of the content. */
  readonly hash: string;
  /** Whether its name changes with its content. */
  readonly fingerprinted: boolean;
};

/**
 * The built page, in memory: some hundred kilobytes. What is served is what was there at the start, so that a page
 * and its parts fit each other while a new one is built; and no request reaches the disk.
 */
export class WebFiles {
  private constructor(private readonly files: ReadonlyMap<string, WebFile>) {}

  /** Without any file when the page was not built. Throws what the system says when it can't be read. */
  static async load(folder = builtFolder): Promise<WebFiles> {
    const paths = await filesUnder(folder);
    const files = new Map<string, WebFile>();
    for (const path of paths) {
      const name = `/${relative(folder, path).replaceAll(sep, '/')}`;
      // What begins with a dot is the build's own.
      const own = name.includes('/.') || encodings.some(([, ending]) => name.endsWith(ending));
      if (!own) files.set(name, await load(path, paths));
    }
    return new WebFiles(files);
  }

  /** `path`: as in a URL. */
  get(path: string): WebFile | undefined {
    return this.files.get(path === '/' ? '/index.html' : path);
  }
}

async function filesUnder(folder: string): Promise<Set<string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return new Set(
      entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw error;
  }
}

async function load(path: string, all: ReadonlySet<string>): Promise<WebFile> {
  const bytes = await readFile(path);
  const compressed = new Map<string, Buffer>();
  for (const [name, ending] of encodings) {
    if (all.has(path + ending)) compressed.set(name, await readFile(path + ending));
  }
  return {
    type: types[extname(path)] ?? 'application/octet-stream',
    bytes,
    compressed,
    hash: createHash('sha256').update(bytes).digest('base64url').slice(0, 16),
    // Vite gives every file in this folder, and no other, a name with a hash.
    fingerprinted: path.includes(`${sep}assets${sep}`),
  };
}
