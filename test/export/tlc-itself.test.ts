/**
 * Exports read by TLC itself, with `-loadTrace json`, where it is at hand: `TLA2TOOLS` names
 * tla2tools.jar, or a class path with its classes.
 *
 * The twin that TLC is given makes the steps of the file, from what it reads there by its module
 * Json. With `-loadTrace` TLC compares each state with the file once more, and what it then writes
 * by `-dumpTrace json` must be our states again.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstRepeated, type Run } from '../../src/export/run.ts';
import { tlcText } from '../../src/export/tlc.ts';
import { tlcSchema } from './readers.ts';
import { runEnding, storedRun, toyRun } from './runs.ts';

const classPath = process.env['TLA2TOOLS'];

if (classPath === undefined) {
  process.stderr.write(
    'NOT RUN: no export was read by TLC itself. Name it: TLA2TOOLS=/path/tla2tools.jar npm test\n',
  );
}

/** A specification that goes through the states of a file. */
function twin(run: Run, file: string): string {
  const names = Object.keys(run.layout.fields);
  const values = (mark: string) =>
    names.map((name) => `/\\ ${name}${mark} = States[twin_level${mark}][2]["${name}"]`);
  return [
    '---- MODULE Twin ----',
    'EXTENDS Naturals, Sequences, Json',
    `VARIABLES twin_level, ${names.join(', ')}`,
    `States == JsonDeserialize("${file}")["counterexample"]["state"]`,
    ['Init == /\\ twin_level = 1', ...values('')].join('\n  '),
    ["Next == /\\ twin_level < Len(States) /\\ twin_level' = twin_level + 1", ...values("'")].join(
      '\n  ',
    ),
    'Unfinished == twin_level < Len(States)',
    '====',
    '',
  ].join('\n');
}

/** What TLC says, and the trace that it writes of the one that it was given. */
function throughTlc(run: Run): { readonly said: string; readonly text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  try {
    const file = join(folder, 'run.json');
    const back = join(folder, 'back.json');
    writeFileSync(file, tlcText(run));
    writeFileSync(join(folder, 'Twin.tla'), twin(run, file));
    writeFileSync(join(folder, 'Twin.cfg'), 'INIT Init\nNEXT Next\nINVARIANT Unfinished\n');
    const traces = ['-loadTrace', 'json', file, '-dumpTrace', 'json', back];
    const words = ['-cp', classPath ?? '', 'tlc2.TLC', '-deadlock', ...traces, 'Twin.tla'];
    const { stdout } = spawnSync('java', words, { cwd: folder, encoding: 'utf8' });
    return { said: stdout, text: readFileSync(back, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Sets are arrays in any order; all of ours are of numbers, and so are lists that equal them. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => name !== 'twin_level');
  return Object.fromEntries(
    fields
      .map(([name, item]) => [name, sorted(item)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
};

describe.runIf(classPath !== undefined)('TLC', () => {
  it.each<readonly [string, () => Run]>([
    ['a toy', toyRun],
    ['a violation', () => runEnding('sync-batch-writable-peer')],
    ['a loop', () => runEnding('shadow-endless-nx--nx-read-replaces-exec-table')],
    ['splits', () => runEnding('shadow-split-caches--split-caches-underfilled')],
    ['a run that holds', () => storedRun('good_unsync_flag_before_writable.json')],
  ])('reads %s', (_, runOf) => {
    const run = runOf();
    const { said, text } = throughTlc(run);
    const ours = tlcSchema.parse(JSON.parse(tlcText(run))).counterexample.state;
    const theirs = tlcSchema.parse(JSON.parse(text)).counterexample.state;
    expect(theirs.map(sorted)).toEqual(ours.map(sorted));
    const levels = run.states.length - (firstRepeated(run) === undefined ? 0 : 1);
    expect(said).toContain(`The depth of the complete state graph search is ${levels}.`);
  });
});
