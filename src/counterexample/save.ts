/** Keeping counterexamples on disk. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault, reasonOf } from '../checker/fault.ts';
import type { Counterexample } from './schema.ts';
import { serialise } from './serialise.ts';

/** Names may come from anywhere: none leads to another folder. */
const word = (text: string): string => text.replaceAll(/[^\w.]+/g, '-');

/** `bad_<property>--<scenario>.json`, with what was changed in the rules where that is so. */
export function fileNameOf(found: Counterexample): string {
  const { preset, mutant, changes } = found.rules;
  const parts = [
    found.expect.verdict === 'violated' ? `bad_${found.expect.property}` : 'good_run',
    found.scenario,
    ...(preset === 'upstream' ? [] : [preset]),
    ...(mutant === undefined ? [] : [mutant]),
    ...Object.entries(changes).map(([name, value]) => `${name}-${value}`),
    ...(found.granularity === 'step' ? [] : [found.granularity]),
  ];
  return `${parts.map(word).join('--')}.json`;
}

/** Where nothing can be written, nothing can be removed either. */
function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/** `recursive` of mkdir never ends where a folder exists that takes none, as /proc. */
function ensureFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(folder) !== folder) ensureFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was faster.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

const holds = (file: string, text: string): boolean =>
  statSync(file, { throwIfNoEntry: false })?.isFile() === true &&
  readFileSync(file, 'utf8') === text;

/**
 * Writes beside the target, then renames: a reader sees the old file or the new one.
 * Errors: fault 202.
 */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    ensureFolder(dirname(file));
    // What a process with the same number left, and never through a link to somewhere else.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, text, { flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    discard(temporary);
    throw new Fault('KMC-202', `${file}: cannot be written: ${reasonOf(error)}`);
  }
}

/** An equal file is left alone. Returns whether anything was written. Errors: fault 202. */
export function saveAs(file: string, found: Counterexample): boolean {
  const text = serialise(found);
  try {
    if (holds(file, text)) return false;
  } catch (error) {
    throw new Fault('KMC-202', `${file}: cannot be read: ${reasonOf(error)}`);
  }
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
