/** Keeping counterexamples on disk. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Counterexample } from './schema.ts';
import { serialise } from './serialise.ts';
import { writeWhole } from './write-text.ts';

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

/** What cannot be looked at does not hold it: writing will tell why. */
function holds(file: string, text: string): boolean {
  try {
    return statSync(file).isFile() && readFileSync(file, 'utf8') === text;
  } catch {
    return false;
  }
}

/** An equal file is left alone. Returns whether anything was written. Errors: fault 601. */
export function saveAs(file: string, found: Counterexample): boolean {
  const text = serialise(found);
  if (holds(file, text)) return false;
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
