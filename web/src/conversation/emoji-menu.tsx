import { Popover } from 'radix-ui';
import { useRef, useState } from 'react';
import type { KeyboardEvent, ReactElement } from 'react';
import styles from './emoji-menu.module.css';

const groups: readonly (readonly [string, string])[] = [
  [
    'Faces',
    '😀 😄 😁 😂 🤣 😊 😇 🙂 😉 😍 😘 😋 😜 🤪 🤔 🤨 😐 😏 🙄 😬 😴 🤒 🤯 🥳 😎 🤓 😕 😟 😮 😢 😭 😤 😡 🥺 😱 🫠',
  ],
  ['People', '👍 👎 👌 ✌️ 🤞 🤙 👋 👏 🙌 🙏 💪 🤝 👀 🧠 🫶 🤷 🤦 🙋 💃 🏃 🚶 👶 🧑 👩‍💻'],
  ['Hearts and signs', '❤️ 🧡 💛 💚 💙 💜 🖤 🤍 💔 💯 ✅ ❌ ❓ ❗ ⚠️ ⏰ ✨ 🔥 🎉 🎂 🎁 🏆 💡 📌'],
  ['Nature and food', '🌞 🌧️ ⛄ 🌈 🌊 🌱 🌸 🌳 🐶 🐱 🦊 🐻 🐧 🐙 🐟 🦀 ☕ 🍵 🍺 🍎 🍕 🍔 🍜 🍰'],
  ['Things', '🚀 ✈️ 🚗 🚲 🏠 🏖️ ⚽ 🎸 🎧 🎮 📷 💻 📱 🔧 🔒 🔑 📦 📎 📅 📈 💸 🧪 🐛 ⚓'],
];

/** Emoji to choose from; what is missing comes from the system's own way to type them. */
export function EmojiMenu({
  trigger,
  defaultOpen,
  onPick,
}: {
  readonly trigger: ReactElement;
  /** Open as soon as it is rendered. */
  readonly defaultOpen: boolean;
  readonly onPick: (emoji: string) => void;
}) {
  const [open, setOpen] = useState(defaultOpen);
  const picked = useRef(false);
  const pick = (emoji: string) => {
    picked.current = true;
    setOpen(false);
    onPick(emoji);
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.menu}
          side="top"
          align="start"
          sideOffset={12}
          collisionPadding={12}
          aria-label="Emoji"
          onCloseAutoFocus={(event) => {
            // After a choice one goes on writing; otherwise the focus is back on the button.
            if (picked.current) event.preventDefault();
            picked.current = false;
          }}
          onKeyDown={onKeyDown}
        >
          {groups.map(([name, emoji]) => (
            <section key={name} aria-label={name}>
              <h2 className={styles.name}>{name}</h2>
              <div className={styles.grid}>
                {emoji.split(' ').map((one) => (
                  <button key={one} type="button" className={styles.emoji} onClick={() => pick(one)}>
                    {one}
                  </button>
                ))}
              </div>
            </section>
          ))}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** The arrows go about the grid. */
function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
  const columns = 8;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  if (step === undefined) return;
  const all = [...event.currentTarget.querySelectorAll('button')];
  const at = all.findIndex((button) => button === document.activeElement);
  all[at + step]?.focus();
  event.preventDefault();
}
