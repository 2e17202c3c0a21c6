import type { Conversation, Target } from '../../../src/client/types.js';
import type { Route } from '../ui/route.js';

/** Where a conversation is shown: by the other person's name, or by its id when that one is gone. */
export function routeOf({ conversationId, username }: Target): Route {
  if (username !== undefined && username !== '') return { page: 'with', username };
  return { page: 'conversation', id: conversationId ?? '' };
}

export function targetOfConversation({ id, title }: Pick<Conversation, 'id' | 'title'>): Target {
  return title === '' ? { conversationId: id } : { conversationId: id, username: title };
}

/** Which conversation a route shows; by both its names as far as they are known. */
export function targetOf(route: Route, conversations: readonly Conversation[]): Target | undefined {
  if (route.page === 'conversation') return { conversationId: route.id };
  if (route.page !== 'with') return undefined;
  const known = conversations.find((one) => isShown(one, route));
  return known ? targetOfConversation(known) : { username: route.username };
}

export function isShown({ id, title }: Pick<Conversation, 'id' | 'title'>, route: Route): boolean {
  if (route.page === 'conversation') return route.id === id;
  return route.page === 'with' && title !== '' && title.toLowerCase() === route.username.toLowerCase();
}

/** The conversation that is `step` further down the list than the one that is shown. */
export function neighbour(conversations: readonly Conversation[], route: Route, step: 1 | -1): Route {
  const at = conversations.findIndex((one) => isShown(one, route));
  const from = at < 0 && step < 0 ? conversations.length : at;
  const next = conversations[Math.min(Math.max(from + step, 0), conversations.length - 1)];
  return next ? routeOf(targetOfConversation(next)) : route;
}
