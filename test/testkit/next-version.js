// Loaded before the program (node --import), it makes it the next version: one that knows newer data. The program as it
// was compiled takes the place of the one that is joined, in which constants are nowhere by themselves.
import { register } from 'node:module';

const hooks = `
  export async function load(url, context, nextLoad) {
    if (url.endsWith('/dist/program/main.js')) {
      const source = 'export { main } from "../cli/main.js";';
      return { format: 'module', source, shortCircuit: true };
    }
    const loaded = await nextLoad(url, context);
    if (!url.endsWith('/dist/chat/schema.js')) return loaded;
    const source = String(loaded.source);
    const next = source.replace('newestSchema = 1;', 'newestSchema = 2;');
    if (next === source) throw new Error('the version of this program is not where it was');
    return { ...loaded, source: next };
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
