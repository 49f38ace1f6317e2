import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../src/checker/fault.ts';
import { fileNameOf, saveAs, saveIn } from '../../src/counterexample/save.ts';
import { writeWhole } from '../../src/counterexample/write-text.ts';
import { serialise } from '../../src/counterexample/serialise.ts';
import { badRun, goodRun } from '../toy/counterexamples.ts';

describe('saveIn', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes the folder, and leaves nothing but the file', () => {
    const inner = join(folder, 'a', 'b');
    const file = saveIn(inner, badRun(), new Set());
    expect(readdirSync(inner)).toEqual([fileNameOf(badRun())]);
    expect(readFileSync(file, 'utf8')).toBe(serialise(badRun()));
  });

  it('does not write an equal file again', () => {
    const file = saveIn(folder, badRun(), new Set());
    utimesSync(file, 1, 1);
    expect(saveAs(file, badRun())).toBe(false);
    expect(statSync(file).mtimeMs).toBe(1000);
    expect(saveAs(file, goodRun())).toBe(true);
  });

  it('gives a second violation of one command a name of its own', () => {
    const taken = new Set<string>();
    const first = saveIn(folder, badRun(), taken);
    const second = saveIn(folder, badRun(), taken);
    expect(second).toBe(first.replace(/\.json$/, '--2.json'));
  });

  it('reports a folder that cannot be written to', () => {
    const file = saveIn(folder, badRun(), new Set());
    expect(() => writeWhole(join(file, 'below-a-file.json'), '')).toThrow(Fault);
  });
});

describe('fileNameOf', () => {
  const bad = badRun();

  it('names verdict, property, scenario and mutant', () => {
    expect(fileNameOf(bad)).toBe('bad_one-inside-at-a-time--lock-two-actors--test-then-set.json');
  });

  it('names what else was changed', () => {
    const rules = { preset: 'v6.1', changes: { release: 'anybody' } };
    expect(fileNameOf({ ...bad, rules })).toBe(
      'bad_one-inside-at-a-time--lock-two-actors--v6.1--release-anybody.json',
    );
  });

  it('starts with good_ for a run that holds', () => {
    expect(fileNameOf(goodRun())).toMatch(/^good_/);
  });
});
