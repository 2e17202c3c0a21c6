import type { Random } from '../random.js';
import type { Caller, Login } from './caller.js';
import type { NodeChoice } from './node-choice.js';

/** Uses of a session after its end, to see that it is refused. */
const tries = 6;

/** A second login of a person, which is used, ended, and then used all the same. */
export class SpareSession {
  private login: Login | undefined;
  private over = false;
  private left = tries;

  constructor(
    private readonly caller: Caller,
    private readonly identity: { readonly username: string; readonly password: string },
    private readonly nodes: NodeChoice,
    private readonly random: Random,
  ) {}

  /** `main`: the person's first login, which ends the second one. */
  async act(main: Login): Promise<void> {
    const { login } = this;
    if (!login) {
      const { username, password } = this.identity;
      this.login = await this.caller.login(this.nodes.patient(), username, password);
      this.over = false;
      this.left = tries;
      return;
    }
    if (!this.over) {
      // Every node comes to trust it.
      const { node, deadline } = this.nodes.next();
      for (const other of [node, node + 1, node + 2]) {
        await this.caller.listSessions({ node: other % this.nodes.count, deadline }, login);
      }
      if (this.random.chance(0.2)) await this.end(main, login);
      return;
    }
    // Once soon, and then at leisure.
    while (this.left > 0) {
      this.left -= 1;
      this.nodes.move();
      await this.caller.listSessions(this.nodes.next(), login);
      if (this.left < tries / 2) return;
    }
    this.login = undefined;
  }

  private async end(main: Login, login: Login): Promise<void> {
    const way = this.nodes.next();
    let outcome;
    if (this.random.chance(0.5)) ({ outcome } = await this.caller.logout(way, login));
    else {
      const { reply } = await this.caller.listSessions(way, main);
      const session = reply?.sessions.find(({ deviceName }) => deviceName === login.session);
      if (!session) return;
      ({ outcome } = await this.caller.revoke(way, main, session.id, login.session));
    }
    this.over = outcome !== 'refused';
    if (!this.over) return;
    // At once on the node that has ended it, and on the others until the second is over and past it.
    await this.caller.listSessions({ ...way, deadline: 2_500 }, login);
    const began = performance.now();
    while (performance.now() - began < 1_600) {
      this.nodes.move();
      await this.caller.listSessions({ ...this.nodes.next(), deadline: 2_500 }, login);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
}
