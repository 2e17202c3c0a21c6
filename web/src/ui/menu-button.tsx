import { useState } from 'react';
import type { ComponentProps } from 'react';
import { Later } from './later.js';
import { LaterPart } from './later-part.js';
import type { MenuEntry } from './menu.js';

/** What menus are made of. */
export const laterMenu = new Later(async () => (await import('./menu.js')).Menu);
const Menu = laterMenu.Component;

type MenuButtonProps = ComponentProps<'button'> & {
  readonly label: string;
  readonly entries: () => readonly MenuEntry[];
};

/** A button with a menu, which is made when it is first asked for: there may be hundreds of such buttons. */
export function MenuButton({ label, entries, ...rest }: MenuButtonProps) {
  const [asked, setAsked] = useState(false);
  const button = <button type="button" {...rest} aria-label={label} aria-haspopup="menu" />;
  if (!asked) return <span onClickCapture={() => setAsked(true)}>{button}</span>;
  return (
    <LaterPart
      waiting={button}
      failed={(retry) => <span onClickCapture={retry}>{button}</span>}
      onlyWhenAsked
    >
      <Menu trigger={button} entries={entries()} defaultOpen />
    </LaterPart>
  );
}
