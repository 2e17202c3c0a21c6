/** Moves the focus among the elements of a list, up or down. False when there is none further on. */
export function moveFocus(list: HTMLElement, selector: string, step: 1 | -1): boolean {
  const all = [...list.querySelectorAll<HTMLElement>(selector)];
  // Virtual rows are not in the order in which they are seen.
  all.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
  const at = all.findIndex((element) => element.contains(document.activeElement));
  const next = at < 0 ? all[0] : all[at + step];
  next?.focus();
  return next !== undefined;
}
