/** To where one writes, when what had the focus is gone. Not on a phone, where its keyboard would come up. */
export function focusIfLost(): void {
  const lost = document.activeElement === document.body || document.activeElement === null;
  if (lost && matchMedia('(pointer: fine)').matches) {
    document.getElementById('compose')?.focus({ preventScroll: true });
  }
}
