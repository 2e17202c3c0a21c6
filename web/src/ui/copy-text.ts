import { announce } from './announcer.js';

/** To be called in a click or a key press. What came of it is announced. */
export async function copyText(text: string): Promise<void> {
  const copied = await (isSecureContext ? write(text) : copyByEvent(text));
  announce(copied ? 'Copied' : 'This browser does not let the page copy');
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Where the page came over plain HTTP it has no clipboard, but may still say what copying is to copy. */
function copyByEvent(text: string): boolean {
  const onCopy = (event: ClipboardEvent) => {
    event.preventDefault();
    event.clipboardData?.setData('text/plain', text);
  };
  document.addEventListener('copy', onCopy);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way there
  const copied = document.execCommand('copy');
  document.removeEventListener('copy', onCopy);
  return copied;
}
