type Anchor = { readonly element: Element; readonly top: number };

/** Pixels from the bottom within which a reader is at the bottom. */
const nearly = 48;

/**
 * Keeps what a reader sees where it is, whatever is added, removed or grows above or below: it remembers the
 * rows in sight and scrolls so that they stand where they stood. At the bottom it stays at the bottom.
 * Browsers' own anchoring does not work at the very top, and not in all of them.
 */
export class ScrollKeeper {
  /** The reader is at the bottom, and follows it; there is nothing to follow while the bottom is not the end. */
  atBottom = true;
  /** The last row is the newest message. */
  atEnd = false;
  private anchors: readonly Anchor[] = [];
  private readonly observer: ResizeObserver;

  /** `content` holds the rows, as its children. */
  constructor(
    private readonly scroller: HTMLElement,
    private readonly content: HTMLElement,
  ) {
    this.observer = new ResizeObserver(() => this.restore());
    this.observer.observe(scroller);
    this.observer.observe(content);
  }

  close(): void {
    this.observer.disconnect();
  }

  /** After scrolling: this is what the reader sees now. */
  remember(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (this.content.children.length > 0) {
      this.atBottom = this.atEnd && scrollHeight - scrollTop - clientHeight <= nearly;
    }
    this.anchors = this.inSight();
  }

  /** After a change: shows again what the reader saw. */
  restore(): void {
    const { scroller } = this;
    if (this.atBottom && this.atEnd) {
      scroller.scrollTop = scroller.scrollHeight;
    } else {
      // A day's name stays the same row when it moves up above older messages.
      const anchor = this.anchors.find(({ element }) => element.isConnected && isMessage(element));
      if (anchor) {
        const moved = this.topOf(anchor.element) - anchor.top;
        if (moved !== 0) scroller.scrollTop += moved;
      }
    }
    this.anchors = this.inSight();
  }

  toBottom(): void {
    this.atBottom = true;
    this.restore();
  }

  toTop(): void {
    this.scroller.scrollTop = 0;
    this.remember();
  }

  /**
   * Shows an element with so many pixels above it, to a reader who is nowhere else yet; nothing moves when all from
   * there to the end is in sight.
   */
  begin(element: Element, above: number): void {
    if (!this.atBottom || (this.atEnd && this.topOf(element) >= 0)) return;
    this.atBottom = false;
    this.scroller.scrollTop += this.topOf(element) - above;
    this.remember();
  }

  /** The rows in sight, from the top. */
  inSight(): readonly Anchor[] {
    const rows = this.content.children;
    const height = this.scroller.clientHeight;
    // The first row whose end is in sight.
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle];
      if (row && this.topOf(row) + row.clientHeight <= 0) low = middle + 1;
      else high = middle;
    }
    const seen: Anchor[] = [];
    for (let at = low; at < rows.length; at += 1) {
      const element = rows[at];
      const top = element ? this.topOf(element) : height;
      if (!element || top >= height) break;
      seen.push({ element, top });
    }
    return seen;
  }

  /** Where an element begins, in pixels below the upper edge of what is in sight. */
  private topOf(element: Element): number {
    return element.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
  }
}

function isMessage(element: Element): boolean {
  return element.matches('[data-row="message"]');
}
