/** Keeping counterexamples on disk. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault, reasonOf } from '../checker/fault.ts';
import type { Counterexample } from './schema.ts';
import { serialise } from './serialise.ts';

const word = (value: unknown): string => String(value).replaceAll(/[^\w.]+/g, '-');

/** `bad_<property>--<scenario>.json`, with what was changed in the rules where that is so. */
export function fileNameOf(found: Counterexample): string {
  const { preset, mutant, changes } = found.rules;
  const parts = [
    found.expect.verdict === 'violated' ? `bad_${found.expect.property}` : 'good_run',
    found.scenario,
    ...(preset === 'upstream' ? [] : [word(preset)]),
    ...(mutant === undefined ? [] : [mutant]),
    ...Object.entries(changes).map(([name, value]) => `${word(name)}-${word(value)}`),
    ...(found.granularity === 'step' ? [] : [found.granularity]),
  ];
  return `${parts.join('--')}.json`;
}

/**
 * Writes beside the target, then renames: a reader sees the old file or the new one.
 * Errors: fault 202.
 */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw new Fault('KMC-202', `${file}: cannot be written: ${reasonOf(error)}`);
  }
}

/** An equal file is left alone. Returns whether anything was written. */
export function saveAs(file: string, found: Counterexample): boolean {
  const text = serialise(found);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  writeWhole(file, text);
  return true;
}

/** Saves under the name that the content gives. `taken`: names already used by this command. */
export function saveIn(folder: string, found: Counterexample, taken: Set<string>): string {
  const name = fileNameOf(found);
  let free = name;
  for (let n = 2; taken.has(free); n++) free = name.replace(/\.json$/, `--${n}.json`);
  taken.add(free);
  const file = join(folder, free);
  saveAs(file, found);
  return file;
}
