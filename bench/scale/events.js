// What is to happen, by time: a binary heap. Of two events at the same time the one that was planned first comes first.

export class Events {
  #heap = [];
  #planned = 0;
  /** Milliseconds. */
  now = 0;

  after(milliseconds, act) {
    const event = { at: this.now + milliseconds, order: (this.#planned += 1), act };
    let place = this.#heap.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, this.#heap[parent])) break;
      this.#heap[place] = this.#heap[parent];
      place = parent;
    }
    this.#heap[place] = event;
  }

  /** Until nothing is left. */
  run() {
    while (this.#heap.length > 0) {
      const event = this.#take();
      this.now = event.at;
      event.act();
    }
  }

  #take() {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    const { length } = this.#heap;
    if (length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(this.#heap[child + 1], this.#heap[child])) child += 1;
      if (!isBefore(this.#heap[child], last)) break;
      this.#heap[place] = this.#heap[child];
      place = child;
    }
    this.#heap[place] = last;
    return first;
  }
}

function isBefore(a, b) {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
