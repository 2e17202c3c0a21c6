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
  private readonly last = new Map<string, Place>();

  /** `session`: whatever names it. To be called before anything of the send is waited for. */
  enter(session: string): SendPlace {
    const place = new Place(this.last.get(session)?.gone, (left) => {
      if (this.last.get(session) === left) this.last.delete(session);
    });
    this.last.set(session, place);
    return place;
  }
}

class Place implements SendPlace {
  private left = false;
  private leaving: Promise<void> | undefined;
  private resolve: () => void = () => undefined;

  constructor(
    readonly turn: Promise<void> | undefined,
    private readonly onGone: (place: Place) => void,
  ) {}

  /** Resolves when it and all before it have left. Most are alone: it is made when the next one asks for it. */
  get gone(): Promise<void> {
    this.leaving ??= new Promise((resolve) => (this.resolve = resolve));
    return this.leaving;
  }

  leave(): void {
    if (this.left) return;
    this.left = true;
    // Who gives up before its turn must not let the next ones pass those before.
    if (this.turn) void this.turn.then(() => this.go());
    else this.go();
  }

  private go(): void {
    this.onGone(this);
    this.resolve();
  }
}
