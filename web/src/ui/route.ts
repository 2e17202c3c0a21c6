import { useSyncExternalStore } from 'react';

/** What the page shows, kept in the part of its address after #: servers know only `/`. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'with'; readonly username: string }
  /** By id: with somebody whose account was deleted. */
  | { readonly page: 'conversation'; readonly id: string }
  | { readonly page: 'settings' }
  | { readonly page: 'cluster' };

export function parseRoute(hash: string): Route {
  const [, first = '', second = ''] = hash.replace(/^#/, '').split('/');
  const name = decode(second);
  if (first === 'with' && name !== '') return { page: 'with', username: name };
  if (first === 'conversation' && name !== '') return { page: 'conversation', id: name };
  if (first === 'settings' || first === 'cluster') return { page: first };
  return { page: 'home' };
}

export function formatRoute(route: Route): string {
  switch (route.page) {
    case 'home':
      return '#/';
    case 'with':
      return `#/with/${encodeURIComponent(route.username)}`;
    case 'conversation':
      return `#/conversation/${encodeURIComponent(route.id)}`;
    default:
      return `#/${route.page}`;
  }
}

export function go(route: Route): void {
  location.hash = formatRoute(route);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return parseRoute(hash);
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
