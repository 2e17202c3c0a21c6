// A cell of the simulation: it appends what waits, batch by batch, each conversation's messages in order.

export class Cell {
  /** Conversation → its messages that wait: { sent, sender, number, done }. */
  #waiting = new Map();
  /** Conversations of the batch that is on its way. */
  #flying = new Set();
  #busy = false;
  lost = false;
  /** Slots that it owns, and those of them that are about to leave it. */
  slots = new Set();
  leaving = new Set();
  appended = 0;

  constructor(id, parameters, world) {
    this.id = id;
    this.parameters = parameters;
    this.world = world;
  }

  /** 'taken', or why it was not. */
  offer(conversation, message) {
    if (this.lost) return 'unavailable';
    const slot = this.world.slotOf(conversation);
    if (!this.slots.has(slot) || this.leaving.has(slot)) return 'moved';
    const queue = this.#waiting.get(conversation);
    if (queue && queue.length >= this.parameters.queueLimit) return 'full';
    if (queue) queue.push(message);
    else this.#waiting.set(conversation, [message]);
    this.#begin();
    return 'taken';
  }

  /** Whether nothing of the slot waits or is on its way any more. */
  drained(slot) {
    return (
      !this.#busy || ![...this.#waiting.keys(), ...this.#flying].some((id) => this.world.slotOf(id) === slot)
    );
  }

  #begin() {
    if (this.#busy || this.#waiting.size === 0 || this.lost) return;
    this.#busy = true;
    const { commitMs, messageMs, conversationBatch, batch: most } = this.parameters;
    const batch = [];
    for (const [conversation, queue] of [...this.#waiting]) {
      if (batch.length >= most) break;
      for (const message of queue.splice(0, conversationBatch)) batch.push({ conversation, message });
      this.#flying.add(conversation);
      // What is left of it comes after all others.
      this.#waiting.delete(conversation);
      if (queue.length > 0) this.#waiting.set(conversation, queue);
    }
    this.world.after(commitMs + messageMs * batch.length, () => {
      this.#busy = false;
      this.#flying.clear();
      for (const { conversation, message } of batch) {
        this.world.append(this, conversation, message);
        this.appended += 1;
        // Of a cell that was lost meanwhile nobody hears that it was: it is sent again, with the same id.
        if (this.lost) message.fail('unavailable');
        else message.done();
      }
      this.#begin();
    });
  }

  lose() {
    this.lost = true;
    for (const queue of this.#waiting.values()) for (const message of queue) message.fail('unavailable');
    this.#waiting.clear();
  }

  comeBack() {
    this.lost = false;
    this.#begin();
  }
}
