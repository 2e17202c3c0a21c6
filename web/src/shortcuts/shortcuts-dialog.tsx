import { useState } from 'react';
import { Dialog } from '../ui/dialog.js';
import { modName, setSingleKeysOff, singleKeysOff } from '../ui/use-hotkeys.js';
import styles from './shortcuts-dialog.module.css';

const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Anywhere',
    [
      [`${modName} K`, 'Find people'],
      ['Alt ↑', 'Conversation above'],
      ['Alt ↓', 'Conversation below'],
      ['C', 'Write a message'],
      [`${modName} Z`, 'Undo a deletion'],
      ['?', 'This list'],
    ],
  ],
  [
    'Writing',
    [
      ['Enter', 'Send'],
      ['Shift Enter', 'New line'],
      ['↑', 'To the messages, from an empty line'],
    ],
  ],
  [
    'Messages',
    [
      ['↑ ↓', 'Older, newer'],
      ['Home End', 'The first, the newest'],
      ['Space', 'Select'],
      ['Enter', 'What can be done with it'],
      ['Esc', 'Stop selecting'],
    ],
  ],
];

/** All keys that do something. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const [off, setOff] = useState(singleKeysOff);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div className={styles.groups}>
        {groups.map(([name, keys]) => (
          <section key={name} aria-label={name}>
            <h3 className={styles.name}>{name}</h3>
            <dl className={styles.keys}>
              {keys.map(([key, what]) => (
                <div key={key} className={styles.key}>
                  <dt>
                    {key.split(' ').map((one) => (
                      <kbd key={one} className={styles.cap}>
                        {one}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label className={styles.switch}>
        <input
          type="checkbox"
          checked={!off}
          onChange={(event) => {
            setOff(!event.target.checked);
            setSingleKeysOff(!event.target.checked);
          }}
        />
        Use keys without {modName} or Alt outside of texts
      </label>
    </Dialog>
  );
}
