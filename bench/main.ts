/**
 * Measures the exhaustive engine on the reference machines, and beside a hand-packed explorer and
 * SPIN, and prints tables:
 *
 *     npm run bench                                    all groups, five runs of each row
 *     npm run bench -- peers --size M --runs 2         one group, on another preset
 *     npm run bench -- --json bench.json --record      also as JSON, and in bench/history.jsonl
 *
 * Groups: `machines`, `counterexamples`, `peers`. Each run is a process of its own, and the rows of
 * a group take turns, so that what else the machine does meets all alike. Ratios between rows of
 * one group mean something on any machine; absolute figures mean something on an idle one only.
 * SPIN takes part where `spin` and `gcc` are installed; compiling its verifier is not counted.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { counterexamples, machines, peers, type Group, type Size } from './groups.ts';
import { describePlace, record, versionOfProject, type Report } from './history.ts';
import { presets } from './machines/shadow-core.ts';
import { ratioOf, ratiosOf, rowOf, tableOf, type Sample } from './report.ts';
import { spinVersion } from './spin/pan.ts';

const names = ['machines', 'counterexamples', 'peers'] as const;

function parse() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      size: { type: 'string', default: 'S' },
      json: { type: 'string' },
      record: { type: 'boolean', default: false },
      date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError('--runs is a number from 1 on');
  if (!Object.hasOwn(presets, values.size)) throw new RangeError('--size is S, M or L');
  if (!/^\d{4}-\d\d-\d\d$/.test(values.date)) throw new RangeError('--date is like 2026-01-31');
  const unknown = positionals.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) {
    throw new RangeError(`there is no group ${unknown}; groups: ${names.join(', ')}`);
  }
  const groups = positionals.length === 0 ? names : names.filter((n) => positionals.includes(n));
  return { ...values, runs, size: values.size as Size, groups };
}

function measure({ title, contenders, ratios }: Group, runs: number): Report['groups'][number] {
  const samples = new Map<string, Sample[]>(contenders.map(({ id }) => [id, []]));
  for (let run = 0; run < runs; run++) {
    for (const { id, run } of contenders) {
      const start = performance.now();
      const found = run();
      samples.get(id)?.push({ ...found, wall_ms: performance.now() - start });
    }
  }
  const rows = contenders.map(({ id, title }) => rowOf(id, title, samples.get(id) ?? []));
  const rowById = new Map(rows.map((row) => [row.id, row]));
  const found = ratios.flatMap(([of, to, goal]) => {
    const [row, base] = [rowById.get(of), rowById.get(to)];
    return row === undefined || base === undefined ? [] : [ratioOf(row, base, goal ?? {})];
  });
  return { title, rows, ratios: found };
}

const { groups: chosen, runs, size, date, ...output } = parse();
const machine = describePlace();
const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-bench-'));
const groups: Report['groups'][number][] = [];
try {
  for (const name of chosen) {
    const version = name === 'peers' ? spinVersion() : null;
    if (name === 'peers' && version === null) {
      process.stderr.write('SPIN takes no part: there is no `spin`, or no `gcc`.\n');
    }
    const builders = {
      machines,
      counterexamples: () => counterexamples(size),
      peers: () => peers(size, version, folder),
    };
    const group = measure(builders[name](), runs);
    groups.push(group);
    process.stdout.write(tableOf(group.title, group.rows));
    process.stdout.write(`${ratiosOf(group.ratios, group.rows)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const report: Report = { date, version: versionOfProject(), machine, groups };
const { json } = output;
if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
if (output.record) record(report);
