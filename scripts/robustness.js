// `npm run robustness`: sets up, compiles the suite, then runs it. Arguments are the suite's (docs/robustness.md).
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { provideEtcd } from './debian-tool.js';
import { root, setUp, setUpRobustness } from './setup.js';

setUp();
setUpRobustness();
const folder = provideEtcd();
if (folder) process.env.PATH = `${folder}:${process.env.PATH}`;
await import(pathToFileURL(join(root, '.setup', 'robustness', 'js', 'robustness', 'main.js')).href);
