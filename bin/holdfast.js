#!/usr/bin/env node
import { existsSync } from 'node:fs';

const compiled = new URL('../dist/program/main.js', import.meta.url);
if (!existsSync(compiled)) {
  process.stderr.write('holdfast: this clone is not set up yet: run npm start, or npm run setup\n');
  process.exit(1);
}
const { main } = await import(compiled.href);
process.exitCode = await main(process.argv);
