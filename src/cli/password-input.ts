import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError, exitStatus } from './cli-error.js';

/** Of a new password, as servers want it. */
const minBytes = 8;

type Waiting = { readonly resolve: (line: string) => void; readonly reject: (error: CliError) => void };

/** Passwords, from a prompt without echo or, when there is no terminal, from the lines of standard input. */
export class PasswordInput {
  /** Without a terminal all that was given; with one what was typed before it was asked for. */
  private lines: string[] | undefined;
  private terminal: Interface | undefined;
  private waiting: Waiting | undefined;
  private ended: CliError | undefined;

  constructor(
    private readonly input: NodeJS.ReadStream,
    private readonly output: NodeJS.WriteStream,
  ) {}

  async read(prompt: string): Promise<string> {
    if (this.input.isTTY) return this.ask(prompt);
    this.lines ??= (await text(this.input)).split(/\r?\n/);
    const line = this.lines.shift();
    if (line === undefined || line === '') {
      throw new CliError(exitStatus.usage, 'give the password on standard input, or run this in a terminal');
    }
    return line;
  }

  /** A new password; asked for twice, as nobody sees what is typed. */
  async readNew(prompt: string): Promise<string> {
    const password = await this.read(prompt);
    // Told before it is typed again.
    if (Buffer.byteLength(password) < minBytes) {
      const message = `A password has at least ${minBytes} bytes: choose a longer one. (PASSWORD_TOO_SHORT)`;
      throw new CliError(exitStatus.refused, message, { reason: 'PASSWORD_TOO_SHORT' });
    }
    if (this.input.isTTY && (await this.ask('Again: ')) !== password) {
      throw new CliError(exitStatus.usage, 'the two passwords differ: nothing was done');
    }
    return password;
  }

  /** Gives the terminal back. */
  close(): void {
    this.terminal?.close();
  }

  private async ask(prompt: string): Promise<string> {
    this.terminal ??= this.open();
    // Only now, when the terminal no longer shows what is typed.
    this.output.write(prompt);
    try {
      return await new Promise<string>((resolve, reject) => {
        const typed = this.lines?.shift();
        if (typed !== undefined) resolve(typed);
        else if (this.ended) reject(this.ended);
        else this.waiting = { resolve, reject };
      });
    } finally {
      this.waiting = undefined;
      this.output.write('\n');
    }
  }

  /** One for all that is asked: what is typed or pasted ahead goes to the prompts that follow. */
  private open(): Interface {
    const mute = new Writable({ write: (_chunk, _encoding, done) => done() });
    const terminal = createInterface({ input: this.input, output: mute, terminal: true });
    const typed: string[] = [];
    this.lines = typed;
    terminal.on('line', (line) => {
      if (this.waiting) this.waiting.resolve(line);
      else typed.push(line);
      this.waiting = undefined;
    });
    terminal.on('SIGINT', () => {
      // With nothing asked, Ctrl-C does what it does elsewhere.
      if (!this.waiting) process.kill(process.pid, 'SIGINT');
      this.end(new CliError(exitStatus.interrupted, 'interrupted'));
    });
    terminal.on('close', () => this.end(new CliError(exitStatus.usage, 'no password was given')));
    return terminal;
  }

  private end(error: CliError): void {
    this.ended ??= error;
    this.waiting?.reject(error);
  }
}
