import { useDeferredValue, useState } from 'react';
import { PeopleResults } from '../people/people-results.js';
import { CloseIcon, SearchIcon } from '../ui/icons.js';
import { IconButton } from '../ui/icon-button.js';
import { Logo } from '../ui/logo.js';
import { AccountMenu } from './account-menu.js';
import { ConnectionLine } from './connection-line.js';
import { ConversationList } from './conversation-list.js';
import { KeepingLine } from './keeping-line.js';
import { NewNodesLine } from './new-nodes-line.js';
import { NotificationOffer } from './notification-offer.js';
import styles from './sidebar.module.css';

/** The conversations, and finding people. */
export function Sidebar({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const [query, setQuery] = useState('');
  const wanted = useDeferredValue(query.trim());
  // What was typed when Enter was pressed; nothing again once another key is.
  const [entered, setEntered] = useState('');
  const write = (text: string) => {
    setQuery(text);
    setEntered('');
  };
  const clear = () => write('');
  return (
    <div className={styles.sidebar}>
      <header className={styles.head}>
        <a href="#/" className={styles.brand} aria-label="Holdfast, home">
          <Logo size={30} />
        </a>
        <h1 className={styles.title}>Holdfast</h1>
        <AccountMenu onShortcuts={onShortcuts} />
      </header>
      <search className={styles.search}>
        <SearchIcon size={18} />
        <input
          id="find"
          type="search"
          className={styles.input}
          aria-label="Find people"
          placeholder="Find people"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          value={query}
          onChange={(event) => write(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') clear();
            if (event.key === 'Enter') setEntered(query.trim());
            const list = document.querySelector<HTMLElement>('[data-side-list] a');
            if (event.key === 'ArrowDown' && list) {
              event.preventDefault();
              list.focus();
            }
          }}
        />
        {query !== '' && (
          <IconButton
            label="Stop searching"
            className={styles.clear}
            onClick={() => {
              clear();
              document.getElementById('find')?.focus();
            }}
          >
            <CloseIcon size={16} />
          </IconButton>
        )}
      </search>
      {wanted === '' ? (
        <>
          <NotificationOffer />
          <ConversationList />
        </>
      ) : (
        <PeopleResults
          query={wanted}
          entered={entered === wanted}
          onAnswered={() => setEntered('')}
          onChosen={clear}
        />
      )}
      <NewNodesLine />
      <KeepingLine />
      <ConnectionLine />
    </div>
  );
}
