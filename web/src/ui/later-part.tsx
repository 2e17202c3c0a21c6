import { Component, Suspense } from 'react';
import type { ReactNode } from 'react';
import { Button } from './button.js';
import { PartMissing } from './later.js';
import { Notice } from './notice.js';
import styles from './later-part.module.css';

type LaterPartProps = {
  readonly children: ReactNode;
  /** What is shown until it is there. */
  readonly waiting?: ReactNode;
  /** What is shown when it can't be had. `retry`: undefined when it is there and broken. */
  readonly failed?: (retry: (() => void) | undefined) => ReactNode;
  /** It is only tried again when somebody asks. */
  readonly onlyWhenAsked?: boolean;
};

/** Milliseconds: pauses before it is tried again, each twice as long as the one before; what has failed before, at once. */
const pauses = { first: 1_000, longest: 16_000 };

type State = { readonly error?: unknown };

/** A part of the page that is fetched later. What goes wrong in it leaves the rest of the page as it is. */
export class LaterPart extends Component<LaterPartProps, State> {
  override state: State = {};
  private pause = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override componentDidCatch(error: unknown) {
    if (!(error instanceof PartMissing) || this.props.onlyWhenAsked === true) return;
    this.timer = setTimeout(this.retry, this.pause);
    this.pause = Math.min(this.pause * 2 || pauses.first, pauses.longest);
  }

  override componentWillUnmount() {
    clearTimeout(this.timer);
  }

  private readonly retry = () => {
    const { error } = this.state;
    clearTimeout(this.timer);
    if (error instanceof PartMissing) error.retry();
    this.setState({ error: undefined });
  };

  override render() {
    const { children, waiting, failed } = this.props;
    const { error } = this.state;
    if (error === undefined) return <Suspense fallback={waiting}>{children}</Suspense>;
    return failed?.(error instanceof PartMissing ? this.retry : undefined);
  }
}

/** In place of a part that could not be fetched. */
export function NotLoaded({ retry }: { readonly retry: (() => void) | undefined }) {
  return (
    <div className={styles.missing}>
      <Notice look="bad">
        {retry
          ? 'This part of the page could not be loaded. It is tried again.'
          : 'Something went wrong in this part of the page.'}
      </Notice>
      {retry && <Button onClick={retry}>Try now</Button>}
      <Button onClick={() => location.reload()}>Load the page again</Button>
    </div>
  );
}
