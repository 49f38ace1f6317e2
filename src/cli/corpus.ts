/** The stored counterexamples: each on its expected verdict, each mutant with one of its own. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MutantEntry } from '../checker/catalogue.ts';
import { Fault, reasonOf } from '../checker/fault.ts';
import { readCounterexample } from '../counterexample/load.ts';
import { statOf } from '../counterexample/read-text.ts';
import { replay, type Replay } from '../counterexample/replay.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import type { LoopFault } from '../engine/liveness/judge.ts';
import { failed, passed, type Check } from '../report/checks.ts';
import { loopText } from '../report/steps-text.ts';
import type { Environment } from './environment.ts';

const group = 'counterexamples';

/** A folder stands for the files in it, not below it. Order: by name. Errors: fault 202. */
export function filesIn(paths: readonly string[]): string[] {
  return paths.flatMap((path) => (statOf(path).isDirectory() ? storedIn(path) : [path]));
}

/** Errors: fault 202. */
function storedIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^(good|bad)_.*\.json$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw new Fault('KMC-202', `${folder}: cannot be read: ${reasonOf(error)}`);
  }
}

/** As `filesIn`, for what a user named: there must be some. Errors: fault 202. */
export function filesNamed(paths: readonly string[]): string[] {
  const files = filesIn(paths);
  if (files.length > 0) return files;
  throw new Fault('KMC-202', `${paths.join(', ')}: holds no counterexample`, [
    'A folder stands for the files good_*.json and bad_*.json in it.',
  ]);
}

export interface JudgedFile {
  readonly file: string;
  readonly found?: Counterexample;
  readonly check: Check;
}

const loopFaults: Readonly<Record<LoopFault['kind'], string>> = {
  open: 'is no loop: its last state is another one',
  unfair: 'is no fair loop: an actor that is sure to move never does',
};

/** `violates x at step 3`, `violates x in a loop of 2 steps`, `holds over 4 steps`. */
export function outcomeText({ violation, loopFault, run }: Outcome): string {
  if (loopFault !== undefined) return loopFaults[loopFault.kind];
  if (violation === undefined) return `holds over ${run.steps.length} steps`;
  const { property, step, endless } = violation;
  const where = endless === undefined ? `at step ${step}` : loopText(step, endless.loop);
  return `violates ${property} ${where}`;
}

type Outcome = Pick<Replay, 'violation' | 'loopFault' | 'run'>;

export const expectedText = ({ expect, actions, loop }: Counterexample): string => {
  if (expect.verdict === 'holds') return `holds over ${actions.length} steps`;
  const { property, step } = expect;
  return `violates ${property} ${loop === undefined ? `at step ${step}` : loopText(step, loop)}`;
};

/** The name says the verdict too. */
function checkName(file: string, found: Counterexample): string | undefined {
  const prefix = found.expect.verdict === 'holds' ? 'good_' : 'bad_';
  return basename(file).startsWith(prefix) ? undefined : `is not named ${prefix}*.json`;
}

function verdictCheck(environment: Environment, file: string, found: Counterexample): Check {
  const name = basename(file);
  const { catalogue, model } = environment;
  const replayed = replay(file, found, catalogue, { model, acceptModelChange: false });
  if (!replayed.asExpected) {
    const detail = `recorded: ${expectedText(found)}; now: ${outcomeText(replayed)}`;
    return failed(group, name, detail, [`look at it: kvm-mmu-check replay ${file}`]);
  }
  const misnamed = checkName(file, found);
  if (misnamed !== undefined) return failed(group, name, misnamed);
  return passed(group, name, outcomeText(replayed));
}

/** A fault of a file is a failed check of that file. */
export function judgeFile(environment: Environment, file: string): JudgedFile {
  let found: Counterexample | undefined;
  try {
    found = readCounterexample(file);
    return { file, found, check: { ...verdictCheck(environment, file, found), file } };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const text = `${error.code}: ${error.message.replace(`${file}: `, '')}`;
    const check = { ...failed(group, basename(file), text, error.hints), unreadable: true, file };
    return { file, check, ...(found === undefined ? {} : { found }) };
  }
}

/** Each mutant must be found by the property that its entry names. */
export function judgeMutant(mutant: MutantEntry, files: readonly JudgedFile[]): Check {
  const own = files.filter(
    ({ found }) =>
      found?.rules.mutant === mutant.id &&
      found.expect.verdict === 'violated' &&
      found.expect.property === mutant.property,
  );
  const killed = own.find(({ check }) => check.ok);
  if (killed?.found !== undefined) {
    const { actions, minimality } = killed.found;
    const detail = `found by ${mutant.property} in ${actions.length} steps (${minimality})`;
    return passed('mutants', mutant.id, detail);
  }
  if (own.length > 0) {
    const check = failed('mutants', mutant.id, 'its stored counterexample is not as recorded');
    return { ...check, unreadable: own.every(({ check: judged }) => judged.unreadable) };
  }
  const detail = `has no stored counterexample of ${mutant.property}`;
  const command =
    `kvm-mmu-check check --mutant ${mutant.id} --properties ${mutant.property} ` +
    '--save counterexamples';
  return failed('mutants', mutant.id, detail, [`make one: ${command}`]);
}
