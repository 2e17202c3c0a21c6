import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import xterm from '@xterm/headless';
import type { IBufferCell, Terminal } from '@xterm/headless';
import { onTestFinished } from 'vitest';
import { eventually } from './deadline.js';
import { processTree } from './process-tree.js';
import { program } from './server-process.js';
import { modernWidths } from './terminal-widths.js';

export type TerminalOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly columns?: number;
  readonly rows?: number;
  /** What runs after the program in the same shell. */
  readonly then?: string;
};

/** The program on a terminal of its own, and what a person in front of it sees. It ends with its test. */
export class TerminalScreen {
  /** Everything that the program has sent to the terminal. */
  raw = '';
  private readonly terminal: Terminal;
  private readonly child: ChildProcess;
  /** The rows of the last whole frame: terminals show none that is half written. */
  private frame: readonly string[] | undefined;

  private constructor(args: readonly string[], options: TerminalOptions) {
    const { env, columns: cols = 80, rows = 24, then = '' } = options;
    this.terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1_000 });
    this.terminal.unicode.register(modernWidths);
    this.terminal.unicode.activeVersion = modernWidths.version;
    this.terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, (modes) => {
      if (modes[0] === 2026) this.frame ??= this.liveRows();
      return false;
    });
    this.terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, (modes) => {
      if (modes[0] === 2026) this.frame = undefined;
      return false;
    });
    const words = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
    const line = `stty cols ${cols} rows ${rows}; ${then === '' ? 'exec ' : ''}${words}; ${then}`;
    const all = ['--quiet', '--flush', '--return', '--command', line, '/dev/null'];
    this.child = spawn('script', all, {
      env: { TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
      stdio: 'pipe',
    });
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.raw += chunk.toString('latin1');
      this.terminal.write(chunk);
    });
  }

  static open(args: readonly string[], options: TerminalOptions): TerminalScreen {
    const screen = new TerminalScreen(args, options);
    onTestFinished(() => screen.kill());
    return screen;
  }

  /** What is seen, without the spaces at the ends of rows. */
  get text(): string {
    return this.rows.join('\n');
  }

  get rows(): readonly string[] {
    return this.frame ?? this.liveRows();
  }

  private liveRows(): readonly string[] {
    const { active } = this.terminal.buffer;
    return Array.from({ length: this.terminal.rows }, (_, i) => {
      return (
        active
          .getLine(active.baseY + i)
          ?.translateToString(true, 0, this.terminal.cols)
          .trimEnd() ?? ''
      );
    });
  }

  /** The character in a cell, with its looks. */
  cell(row: number, column: number): IBufferCell | undefined {
    const { active } = this.terminal.buffer;
    return active.getLine(active.baseY + row)?.getCell(column);
  }

  get cursor(): { readonly row: number; readonly column: number } {
    const { cursorY, cursorX } = this.terminal.buffer.active;
    return { row: cursorY, column: cursorX };
  }

  /** The alternate screen is shown. */
  get isFullScreen(): boolean {
    return this.terminal.buffer.active.type === 'alternate';
  }

  /** What the program has switched on and would have to switch off again. */
  get modes(): { readonly wraps: boolean; readonly bracketedPaste: boolean } {
    const { wraparoundMode, bracketedPasteMode } = this.terminal.modes;
    return { wraps: wraparoundMode, bracketedPaste: bracketedPasteMode };
  }

  get buffer() {
    return this.terminal.buffer;
  }

  async shows(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.until(`it shows ${text}`, () => this.text.includes(text));
  }

  async showsNot(text: string): Promise<void> {
    await this.until(`it shows no ${text}`, () => !this.text.includes(text));
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await eventually(what, condition, 20_000).catch((cause: unknown) => {
      throw new Error(`waited in vain until ${what}; it shows:\n${this.text}`, { cause });
    });
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Types what the person is asked for, each after its question has appeared. */
  async answer(...steps: readonly (readonly [shown: string, typed: string])[]): Promise<void> {
    for (const [shown, typed] of steps) {
      await this.shows(shown);
      this.type(typed);
    }
  }

  /** As when a person resizes the window: the kernel tells the program. */
  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    const device = readlinkSync(`/proc/${this.pid}/fd/0`);
    spawnSync('stty', ['-F', device, 'cols', String(columns), 'rows', String(rows)]);
  }

  /** Of the program itself. */
  get pid(): number {
    const [, shell = 0, inner] = processTree(this.child.pid ?? 0);
    return inner ?? shell;
  }

  /** Whether the terminal echoes and edits lines, as a shell expects it. */
  get isSane(): boolean {
    const [, shell = 0] = processTree(this.child.pid ?? 0);
    const { stdout } = spawnSync('stty', ['-a', '-F', readlinkSync(`/proc/${shell}/fd/0`)], {
      encoding: 'utf8',
    });
    return stdout.includes(' icanon') && stdout.includes(' echo ');
  }

  /** Returns the exit status. */
  async ended(): Promise<number> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    await new Promise<void>((resolve) => this.terminal.write('', resolve));
    return this.child.exitCode ?? -1;
  }

  private async kill(): Promise<void> {
    const tree = processTree(this.child.pid ?? 0);
    this.child.kill('SIGKILL');
    for (const pid of tree.slice(1)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    await this.ended();
    this.terminal.dispose();
  }
}
