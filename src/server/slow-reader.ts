/**
 * The same chunks, until the reader takes too long to ask for the next one, in milliseconds: then the source is ended,
 * and `cutOff` called. Without that a source that waits for its reader would stay for as long as the connection does.
 */
export async function* untilSlow(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  cutOff: () => void,
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  const state = { slow: false };
  try {
    for (;;) {
      const next = await source.next();
      if (next.done) return;
      const timer = setTimeout(() => {
        state.slow = true;
        cutOff();
        void source.return?.();
      }, limit);
      try {
        yield next.value;
      } finally {
        clearTimeout(timer);
      }
      if (state.slow) return;
    }
  } finally {
    await source.return?.();
  }
}
