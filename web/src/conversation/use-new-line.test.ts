import { expect, it } from 'vitest';
import type { ListedConversation } from '../../../src/client/conversation-list.js';
import type { Message } from '../../../src/client/types.js';
import { nextLook } from './use-new-line.js';

const messages = [{ seq: 1 } as Message];
const conversation = (unreadCount: number, readSeq = 1) => ({ unreadCount, readSeq }) as ListedConversation;
const beginning = { begun: false, newAfter: undefined, sent: 0 };

it('puts the line where reading was left off when the reader began to look', () => {
  const nothing = { conversation: undefined, messages };
  expect(nextLook(beginning, nothing, true, 0)).toBe(beginning);
  expect(nextLook(beginning, { conversation: conversation(3), messages: [] }, true, 0)).toBe(beginning);
  expect(nextLook(beginning, { conversation: conversation(3), messages }, false, 0)).toBe(beginning);
  const look = nextLook(beginning, { conversation: conversation(3), messages }, true, 0);
  expect(look).toEqual({ begun: true, newAfter: 1, sent: 0 });
  // What comes while the reader looks is read at once.
  expect(nextLook(look, { conversation: conversation(1, 4), messages }, true, 0)).toBe(look);
});

it('moves the line when the reader comes back, and takes it away after an answer', () => {
  const look = { begun: true, newAfter: 1, sent: 0 };
  const away = nextLook(look, { conversation: conversation(0, 4), messages }, false, 0);
  expect(nextLook(away, { conversation: conversation(0, 4), messages }, true, 0).newAfter).toBe(1);
  expect(nextLook(away, { conversation: conversation(2, 4), messages }, true, 0).newAfter).toBe(4);
  expect(nextLook(look, { conversation: conversation(0, 4), messages }, true, 1)).toEqual({
    begun: true,
    newAfter: undefined,
    sent: 1,
  });
});
