import { use } from 'react';
import type { ComponentType } from 'react';
import type { Clock } from '../../../src/client/clock.js';

/** A part of the page could not be fetched, as when the node that it comes from is dead. */
export class PartMissing extends Error {
  override name = 'PartMissing';

  constructor(
    /** To be called before the part is rendered again. */
    readonly retry: () => void,
    cause: unknown,
  ) {
    super('a part of the page could not be fetched', { cause });
  }
}

/** Milliseconds between two tries to fetch what is not asked for yet. */
const pause = 10_000;

/** A component that is fetched when it is first needed, or before. What fails can be tried again, other than with `lazy`. */
export class Later<P extends object> {
  private loading: Promise<ComponentType<P>> | undefined;
  private loaded: ComponentType<P> | undefined;

  constructor(private readonly fetch: () => Promise<ComponentType<P>>) {}

  /** Suspends until it is there. Throws PartMissing, the same one until its `retry`. */
  readonly Component: ComponentType<P> = (props) => {
    const Loaded = this.loaded ?? use(this.load());
    return <Loaded {...props} />;
  };

  load(): Promise<ComponentType<P>> {
    this.loading ??= this.begin();
    return this.loading;
  }

  /** Tries until it is there. */
  async prefetch(clock: Pick<Clock, 'wait'>): Promise<void> {
    for (;;) {
      try {
        await this.load();
        return;
      } catch (error) {
        await clock.wait(pause);
        if (error instanceof PartMissing) error.retry();
      }
    }
  }

  private begin(): Promise<ComponentType<P>> {
    const loading: Promise<ComponentType<P>> = this.fetch().then(
      (component) => (this.loaded = component),
      (cause: unknown) => {
        throw new PartMissing(() => {
          if (this.loading === loading) this.loading = undefined;
        }, cause);
      },
    );
    return loading;
  }
}
