import { lazy, useState } from 'react';
import type { ComponentProps } from 'react';
import { LaterPart } from './later-part.js';
import type { MenuEntry } from './menu.js';

const load = () => import('./menu.js');
const Menu = lazy(async () => ({ default: (await load()).Menu }));

/** Fetches what menus are made of, before the first one is asked for. */
export async function prefetchMenu(): Promise<unknown> {
  return load();
}

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
    <LaterPart waiting={button} failed={button}>
      <Menu trigger={button} entries={entries()} defaultOpen />
    </LaterPart>
  );
}
