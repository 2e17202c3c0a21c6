import { Component, Suspense } from 'react';
import type { ReactNode } from 'react';
import { Button } from './button.js';
import { Notice } from './notice.js';

type LaterPartProps = {
  readonly children: ReactNode;
  /** What is shown until it is there. */
  readonly waiting?: ReactNode;
  /** What is shown when it can't be had, as when the node that it comes from is dead. */
  readonly failed?: ReactNode;
};

/** A part of the page that is fetched later. What goes wrong in it leaves the rest of the page as it is. */
export class LaterPart extends Component<LaterPartProps, { readonly broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    const { children, waiting, failed } = this.props;
    return this.state.broken ? failed : <Suspense fallback={waiting}>{children}</Suspense>;
  }
}

/** In place of a part that could not be fetched. */
export function NotLoaded() {
  return (
    <div role="alert">
      <Notice look="bad">This part of the page could not be loaded.</Notice>
      <Button onClick={() => location.reload()}>Load the page again</Button>
    </div>
  );
}
