/**
 * Resolves once the condition holds. Throws after the limit, in milliseconds: generous, against hanging. `pause`:
 * milliseconds between two looks; longer where a look costs the machine something.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limit = 30_000,
  pause = 10,
): Promise<void> {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
