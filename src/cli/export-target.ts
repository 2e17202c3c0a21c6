import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, exitStatus } from './cli-error.js';

/** Where an export goes. */
export interface ExportTarget {
  write(text: string): Promise<void>;
  /** It is whole. `check` reads the file before it gets its name. */
  finish(check?: (path: string) => Promise<void>): Promise<void>;
  /** It is not going to be. */
  discard(): Promise<void>;
}

/** Throws CliError for a file that is there already, or can't be made. */
export async function openTarget(path: string): Promise<ExportTarget> {
  return path === '-' ? new StandardOutput() : ExportFile.create(path);
}

/** A file that has its name only once it is whole and on the disk. Only its owner can read it. */
class ExportFile implements ExportTarget {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<ExportFile> {
    refuseExisting(path);
    const file = await open(partOf(path), 'wx', 0o600).catch((cause: unknown) => {
      const taken = (cause as NodeJS.ErrnoException).code === 'EEXIST';
      throw taken
        ? new CliError(
            exitStatus.refused,
            `${partOf(path)} is there: another run writes it, or was cut off; then remove it`,
          )
        : unwritable(path, cause);
    });
    return new ExportFile(path, file);
  }

  async write(text: string): Promise<void> {
    await this.file.writeFile(text).catch((cause: unknown) => {
      throw unwritable(this.path, cause);
    });
  }

  async finish(check?: (path: string) => Promise<void>): Promise<void> {
    try {
      await this.file.sync();
      await this.file.close();
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    await check?.(partOf(this.path));
    try {
      refuseExisting(this.path);
      await rename(partOf(this.path), this.path);
      const folder = await open(dirname(this.path));
      await folder.sync();
      await folder.close();
    } catch (cause) {
      throw cause instanceof CliError ? cause : unwritable(this.path, cause);
    }
  }

  async discard(): Promise<void> {
    await this.file.close().catch(() => undefined);
    await rm(partOf(this.path), { force: true });
  }
}

class StandardOutput implements ExportTarget {
  constructor() {
    // A reader that goes away ends other commands quietly; here it is told of as any failure to write.
    process.stdout.removeAllListeners('error').on('error', () => undefined);
  }

  async write(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(text, (cause) => {
        if (cause) reject(unwritable('standard output', cause));
        else resolve();
      });
    });
  }

  async finish(): Promise<void> {
    // Whatever was written has been taken.
  }

  async discard(): Promise<void> {
    // Without its last line nobody takes it for whole.
  }
}

function partOf(path: string): string {
  return `${path}.part`;
}

function refuseExisting(path: string): void {
  if (existsSync(path)) {
    throw new CliError(exitStatus.refused, `${path} is there already: choose another name`);
  }
}

function unwritable(name: string, cause: unknown): CliError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CliError(exitStatus.refused, `${name} can not be written: ${reason}`, { cause });
}
