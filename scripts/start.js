// `npm start`: sets up, then runs the server. Arguments go to `holdfast serve`.
import { setUp, root } from './setup.js';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

setUp();
process.argv.splice(2, 0, 'serve');
await import(pathToFileURL(join(root, 'bin', 'holdfast.js')).href);
