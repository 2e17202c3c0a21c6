import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError, exitStatus } from './cli-error.js';

/** Passwords, from a prompt without echo or, when there is no terminal, from the lines of standard input. */
export class PasswordInput {
  private lines: string[] | undefined;

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
    if (this.input.isTTY && (await this.ask('Again: ')) !== password) {
      throw new CliError(exitStatus.usage, 'the two passwords differ: nothing was done');
    }
    return password;
  }

  private async ask(prompt: string): Promise<string> {
    const mute = new Writable({ write: (_chunk, _encoding, done) => done() });
    const terminal = createInterface({ input: this.input, output: mute, terminal: true });
    // Only now, when the terminal no longer shows what is typed.
    this.output.write(prompt);
    try {
      return await new Promise<string>((resolve, reject) => {
        terminal.once('line', resolve);
        terminal.once('SIGINT', () => reject(new CliError(exitStatus.interrupted, 'interrupted')));
        terminal.once('close', () => reject(new CliError(exitStatus.usage, 'no password was given')));
      });
    } finally {
      terminal.close();
      this.output.write('\n');
    }
  }
}
