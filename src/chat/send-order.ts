/** The place of one send among those of its session. */
export interface SendPlace {
  /** Resolves when all that came before have left; undefined: they have. */
  readonly turn: Promise<void> | undefined;
  /** It is queued, or will not be. Idempotent. */
  leave(): void;
}

/**
 * Keeps the sends of a session in the order in which they came (G4): what is looked up before a message is queued
 * takes longer for one than for another, and one must not overtake another meanwhile.
 */
export class SendOrder {
  /** The last one of each session that has not left. */
  private readonly last = new Map<string, { readonly left: Promise<void> }>();

  /** `session`: whatever names it. To be called before anything of the send is waited for. */
  enter(session: string): SendPlace {
    const turn = this.last.get(session)?.left;
    let resolve: () => void = () => undefined;
    const own = { left: new Promise<void>((done) => (resolve = done)) };
    this.last.set(session, own);
    let left = false;
    const leave = async () => {
      if (left) return;
      left = true;
      // Who gives up before its turn must not let the next ones pass those before.
      await turn;
      if (this.last.get(session) === own) this.last.delete(session);
      resolve();
    };
    return { turn, leave: () => void leave() };
  }
}
