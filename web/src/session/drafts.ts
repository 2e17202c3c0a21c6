import type { PageStorage } from './page-storage.js';

type Draft = {
  /** What stands in the field. */
  readonly text: string;
  /** Sent, and not in the outbox yet: kept until it is there. */
  readonly sending: readonly string[];
};

/**
 * What was begun to be written, by conversation, for one account. In local storage, which is written at once:
 * also when the tab is closed in the middle of a word, or before the outbox has what was sent.
 */
export class Drafts {
  private readonly prefix: string;
  private readonly listeners = new Set<() => void>();
  private readonly drafts = new Map<string, Draft>();
  private version = 0;

  constructor(
    accountId: string,
    private readonly storage: PageStorage,
  ) {
    this.prefix = `holdfast/draft/${accountId}/`;
  }

  /** What stands in the field. */
  get(conversation: string): string {
    return this.drafts.get(conversation)?.text ?? this.storage.getItem(this.prefix + conversation) ?? '';
  }

  /** An empty text forgets the draft. */
  set(conversation: string, text: string): void {
    if (this.get(conversation) === text) return;
    this.change(conversation, { ...this.draft(conversation), text });
  }

  /**
   * Takes the text out of the field while `send` runs. When that throws, it is in the field again, before what was
   * written there since, and this throws the same.
   */
  async send(conversation: string, send: (text: string) => Promise<unknown>): Promise<void> {
    const { text, sending } = this.draft(conversation);
    this.change(conversation, { text: '', sending: [...sending, text] });
    try {
      await send(text);
      const draft = this.draft(conversation);
      this.change(conversation, { ...draft, sending: without(draft.sending, text) });
    } catch (error) {
      const draft = this.draft(conversation);
      this.change(conversation, {
        text: joined([text, draft.text]),
        sending: without(draft.sending, text),
      });
      throw error;
    }
  }

  /** Forgets all drafts of the account. */
  clear(): void {
    this.drafts.clear();
    const keys = Array.from({ length: this.storage.length }, (_, i) => this.storage.key(i));
    for (const key of keys) if (key?.startsWith(this.prefix)) this.storage.removeItem(key);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** Another number after every change. */
  readonly getVersion = (): number => this.version;

  private draft(conversation: string): Draft {
    return this.drafts.get(conversation) ?? { text: this.get(conversation), sending: [] };
  }

  private change(conversation: string, draft: Draft): void {
    const kept = joined([...draft.sending, draft.text]);
    if (kept === '') this.drafts.delete(conversation);
    else this.drafts.set(conversation, draft);
    if (kept === '') this.storage.removeItem(this.prefix + conversation);
    else this.storage.setItem(this.prefix + conversation, kept);
    this.version += 1;
    for (const listener of [...this.listeners]) listener();
  }
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n');
}

/** Without the first one that is the same. */
function without(texts: readonly string[], text: string): readonly string[] {
  const at = texts.indexOf(text);
  return texts.filter((_, i) => i !== at);
}
