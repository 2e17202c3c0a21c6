import { readHistory } from './history/history.js';
import { readOptions } from './options.js';
import { check } from './checker/check.js';
import { Round } from './run/round.js';
import { fileURLToPath } from 'node:url';
const o = readOptions(process.argv.slice(2));
const program = fileURLToPath(new URL('../../../../bin/holdfast.js', import.meta.url));
let histories;
if (process.env.ONLY) histories = ['run', 'clients1', 'clients2'].map((n) => `${o.folder ?? ''}/history-${n}.jsonl`);
else {
const r = await Round.run({ ...o, duration: o.minutes * 60_000, folder: o.folder ?? '/tmp/scratch-proof/r', program, tell: (l) => console.log(new Date().toISOString(), l) });
console.log(r.trouble);
histories = r.histories;
}
const h = await readHistory(histories);
console.log(h.calls.length, h.events.length);
const b = Date.now();
const rep = check(h, { nodes: o.nodes, kinds: o.faults, duration: o.minutes * 60_000 });
console.log('checked in', Date.now() - b, 'judged', rep.judged);
for (const l of rep.findings.lines) console.log(l);
const counts: Record<string, number> = {};
for (const c of h.calls) { const k = `${c.request.op} ${c.outcome} ${c.reason}`; counts[k] = (counts[k] ?? 0) + 1; }
console.log(Object.entries(counts).sort().map(([k, n]) => `${k}: ${n}`).join('\n'));
