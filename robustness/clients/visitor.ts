import type { Random } from '../random.js';
import type { Caller, Login } from './caller.js';
import type { NodeChoice } from './node-choice.js';
import { SpareSession } from './spare-session.js';

/** Somebody who logs in, is known by every node, logs out, and tries to go on, again and again. */
export class Visitor {
  private readonly spare: SpareSession;
  private login: Login | undefined;

  constructor(
    private readonly caller: Caller,
    private readonly identity: { readonly username: string; readonly password: string },
    private readonly nodes: NodeChoice,
    random: Random,
  ) {
    this.spare = new SpareSession(caller, identity, nodes, random);
  }

  async act(): Promise<void> {
    const { username, password } = this.identity;
    this.login ??= await this.caller.login(this.nodes.patient(), username, password);
    if (this.login) await this.spare.act(this.login);
    else this.nodes.move();
  }
}
