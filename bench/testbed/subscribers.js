// Many subscribers, in programs of their own: a process can have only so many connections.
import { StartedProgram } from './started-program.js';

/** To a process, below what systems allow it. */
const perProgram = 5_000;

export class Subscribers {
  #programs = [];
  #count = 0;

  constructor(address) {
    this.address = address;
  }

  get count() {
    return this.#count;
  }

  /** Resolves once each of them has had its first event. */
  async open(tokens) {
    const parts = [];
    for (let at = 0; at < tokens.length; at += perProgram) parts.push(tokens.slice(at, at + perProgram));
    for (const part of parts) {
      const program = new StartedProgram('bench/testbed/subscribers-program.js', []);
      this.#programs.push(program);
      await program.printed(/ready/);
      const open = program.heard();
      program.tell({ address: this.address, tokens: part });
      await open;
      this.#count += part.length;
    }
  }

  /**
   * Throws when one of them has been closed since: what is measured beside fewer subscribers looks better than it is. To
   * be called after each measurement.
   */
  async requireAll() {
    let open = 0;
    for (const program of this.#programs) {
      const answer = program.heard();
      program.tell({ address: this.address, tokens: [] });
      open += (await answer).open;
    }
    if (open !== this.#count) throw new Error(`${open} of ${this.#count} subscribers are left`);
  }

  async close() {
    await Promise.all(this.#programs.map((program) => program.stop()));
    this.#programs = [];
    this.#count = 0;
  }
}
