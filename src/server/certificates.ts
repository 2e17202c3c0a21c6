import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { TlsConfig } from './config.js';
import { readTlsFiles } from './tls-files.js';
import type { TlsMaterial } from './tls-files.js';

/** Milliseconds between looks at the files; a change is taken once it is the same in two of them. */
const lookInterval = 1_000;
/** Milliseconds between looks at how long the certificate is still valid. */
const expiryInterval = 12 * 3_600_000;
const day = 86_400_000;
/** Days before a certificate's end from which on that is told. */
const soon = 30;

/**
 * The server's certificate, which may be replaced while it runs: the files are read again when they change. What can't
 * be used leaves the one that is in use.
 */
export class Certificates {
  private readonly listeners = new Set<(material: TlsMaterial) => void>();
  private readonly timers: NodeJS.Timeout[] = [];
  private reloading: Promise<void> = Promise.resolve();
  private looking = false;

  private constructor(
    private readonly files: TlsConfig,
    private used: TlsMaterial,
    private readonly logger: Logger,
    /** Of the files when they were read last. */
    private state: string,
  ) {}

  /** Throws ConfigError. An expired certificate is told in the log: a server without any helps nobody. */
  static async open(files: TlsConfig, logger: Logger): Promise<Certificates> {
    const state = await stateOf(files);
    const certificates = new Certificates(files, await readTlsFiles(files), logger, state);
    certificates.watch();
    certificates.tellExpiry();
    await certificates.tellRights();
    return certificates;
  }

  get current(): TlsMaterial {
    return this.used;
  }

  /** Calls the listener with what is used from then on. */
  onChange(listener: (material: TlsMaterial) => void): void {
    this.listeners.add(listener);
  }

  /** Reads the files again. Never throws: what is wrong with them is in the log. */
  async reload(): Promise<void> {
    this.reloading = this.reloading.then(() => this.replace());
    await this.reloading;
  }

  /** Idempotent. */
  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.listeners.clear();
  }

  private async replace(): Promise<void> {
    const { logger, used } = this;
    try {
      const next = await readTlsFiles(this.files);
      if (isSame(next, used)) {
        logger.info('the certificate was read again and is the same');
        return;
      }
      if (next.until.getTime() <= Date.now() && used.until.getTime() > Date.now()) {
        throw new Error(`tls.cert: ${this.files.cert} has expired on ${next.until.toISOString()}`);
      }
      for (const listener of this.listeners) listener(next);
      this.used = next;
      logger.info({ until: next.until }, 'a new certificate is in use');
      this.tellExpiry();
      await this.tellRights();
    } catch (err) {
      logger.error(
        { err, until: used.until },
        'the new certificate can not be used; the one before stays in use',
      );
    }
  }

  private watch(): void {
    let seen = this.state;
    const look = async () => {
      const state = await stateOf(this.files);
      // Three files are not replaced at the same moment.
      if (state !== this.state && state === seen) {
        this.state = state;
        await this.reload();
      }
      seen = state;
    };
    const timer = setInterval(() => {
      if (this.looking) return;
      this.looking = true;
      void look().finally(() => (this.looking = false));
    }, lookInterval);
    this.timers.push(timer.unref(), setInterval(() => this.tellExpiry(), expiryInterval).unref());
  }

  /** Whoever has the key is this node, to clients and to other nodes. */
  private async tellRights(): Promise<void> {
    const { key } = this.files;
    const found = await stat(key).catch(() => undefined);
    if (found && (found.mode & constants.S_IROTH) !== 0) {
      this.logger.warn({ key }, "the key's file may be read by every user of this machine: chmod 600");
    }
  }

  private tellExpiry(): void {
    const { until } = this.used;
    const { cert } = this.files;
    const left = until.getTime() - Date.now();
    if (left <= 0)
      this.logger.error({ cert, until }, 'the certificate has expired: clients and other nodes refuse it');
    else if (left < soon * day)
      this.logger.warn({ cert, until }, 'the certificate expires soon: replace its files');
  }
}

function isSame(a: TlsMaterial, b: TlsMaterial): boolean {
  const bytes = ({ cert, key, ca }: TlsMaterial) => Buffer.concat([cert, key, ca ?? Buffer.alloc(0)]);
  return bytes(a).equals(bytes(b));
}

/** Another text when a file has been written or replaced; links are followed. */
async function stateOf({ cert, key, ca }: TlsConfig): Promise<string> {
  const paths = [cert, key, ...(ca === undefined ? [] : [ca])];
  const states = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : 'missing';
    }),
  );
  return states.join();
}
