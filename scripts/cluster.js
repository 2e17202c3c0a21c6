// `npm run cluster`: sets up, then runs five nodes on this machine. Arguments go to `holdfast cluster`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { provideEtcd } from './debian-tool.js';
import { root, setUp } from './setup.js';

setUp();
const folder = provideEtcd();
if (folder) process.env.PATH = `${folder}:${process.env.PATH}`;
process.argv.splice(2, 0, 'cluster');
await import(pathToFileURL(join(root, 'bin', 'holdfast.js')).href);
