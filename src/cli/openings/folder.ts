/**
 * The folder of `run --corpus`: for each scenario under its rules a file of openings.
 *
 * The name of a file holds the digest of its content, and no file is ever changed: a run that goes
 * on from one writes another one and removes the first. Runs at once on one folder leave several,
 * which the next one takes together.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AnyMachine, Selection } from '../../checker/catalogue.ts';
import { Fault } from '../../checker/fault.ts';
import { parseFile, type FileForm } from '../../counterexample/json-file.ts';
import { readText } from '../../counterexample/read-text.ts';
import { writeWhole } from '../../counterexample/write-text.ts';
import { compileMachine } from '../../engine/program.ts';
import { featureAfter, merged, rarest, type Opening } from '../../engine/random/harvest.ts';
import type { Environment } from '../environment.ts';
import { openingsSchema, openingsSchemaName, openingsText, type OpeningsFile } from './schema.ts';

/** Openings kept: each costs a walk of each later run. */
export const OPENINGS_MAX = 256;

const remove = 'Remove it: the next run begins anew.';

const form: FileForm<OpeningsFile> = {
  what: 'a file of openings',
  name: openingsSchemaName,
  schema: openingsSchema,
  restore: remove,
  otherVersion: remove,
  described: 'The format is described in schema/openings.schema.json.',
};

/** What walks begin with, and the file that holds just that. */
export interface Corpus {
  /** Absent: there are none yet. */
  readonly file?: string;
  /** Order: the rarest first. */
  readonly openings: readonly Opening[];
}

/** A scenario under its rules, to begin walks in. */
export interface Ground {
  readonly environment: Environment;
  readonly selection: Selection;
  readonly granularity: 'step' | 'operation';
}

const word = (text: string): string => text.replaceAll(/[^\w.]+/g, '-');

const identityOf = ({ environment, selection, granularity }: Ground) => {
  const { scenario, preset, mutant, rules } = selection;
  const { version, hash } = environment.model;
  const names = Object.keys(rules).sort();
  const changes = Object.fromEntries(names.map((name) => [name, rules[name] ?? '']));
  return {
    schema: openingsSchemaName,
    model: { version, hash },
    scenario,
    granularity,
    rules: { preset, ...(mutant === undefined ? {} : { mutant }), changes },
  } as const;
};

/** `openings_<scenario>--<what is changed>`. */
function stemOf(ground: Ground): string {
  const { scenario, granularity, rules } = identityOf(ground);
  const parts = [
    scenario,
    ...(rules.preset === 'upstream' ? [] : [rules.preset]),
    ...(rules.mutant === undefined ? [] : [rules.mutant]),
    ...Object.entries(rules.changes).map(([name, value]) => `${name}-${value}`),
    ...(granularity === 'step' ? [] : [granularity]),
  ];
  return `openings_${parts.map(word).join('--')}`;
}

const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 16);

/** What the name says of the content; a file that somebody renamed says nothing. */
const digestIn = (file: string): string | undefined =>
  /^openings_.*--([0-9a-f]{16})\.json$/.exec(basename(file))?.[1];

type Identity = Pick<OpeningsFile, 'scenario' | 'granularity' | 'rules'>;

const identityText = ({ scenario, granularity, rules }: Identity): string =>
  JSON.stringify([scenario, granularity, rules]);

const isOf = (file: OpeningsFile, ground: Ground): boolean =>
  identityText(file) === identityText(identityOf(ground));

/** Errors: faults 202 to 205. */
function parsed(file: string): OpeningsFile {
  const text = readText(file);
  const content = parseFile(text, file, form);
  const digest = digestIn(file);
  if (digest === undefined || digest === digestOf(text)) return content;
  throw new Fault('KMC-203', `${file}: is not what was written there, going by its name`, [
    'The file was damaged after it was written.',
    remove,
  ]);
}

/** Another run may have removed it since it was listed. Errors: as `parsed`. */
function unlessGone(file: string): OpeningsFile | undefined {
  try {
    return parsed(file);
  } catch (error) {
    if (existsSync(file)) throw error;
    return undefined;
  }
}

/** Errors: fault 208. */
function executed(file: string, { openings }: OpeningsFile, machine: AnyMachine): Opening[] {
  const program = compileMachine(machine);
  return openings.map((opening, k) => {
    const feature = featureAfter(program, opening);
    if (feature !== null) return { ...opening, feature };
    throw new Fault('KMC-208', `${file}: opening ${k + 1} cannot be executed`, [
      'The file was changed by hand, or by another program.',
      remove,
    ]);
  });
}

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Names of the files that may be of this ground. Order: by name. Errors: fault 202. */
function filesFor(folder: string, ground: Ground): string[] {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there === undefined) return [];
  if (!there.isDirectory()) throw new Fault('KMC-202', `${folder}: is no folder, and no file`);
  const stem = `${stemOf(ground)}--`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(stem) && /^[0-9a-f]{16}\.json$/.test(name.slice(stem.length)))
    .sort()
    .map((name) => join(folder, name));
}

/** One file, as it was named: nothing is added to it. Errors: faults 103, 202 to 208. */
export function corpusIn(file: string, ground: Ground, machine: AnyMachine): Corpus {
  const content = parsed(file);
  const { hash } = ground.environment.model;
  if (!isOf(content, ground)) {
    throw new Fault('KMC-103', `${file}: begins other walks than those of ${stemOf(ground)}`, [
      'A file is of one scenario under its rules; a folder may be for several.',
    ]);
  }
  if (content.model.hash !== hash) {
    throw new Fault('KMC-206', `${file}: written for model ${content.model.hash}, not ${hash}`, [
      remove,
    ]);
  }
  return { file, openings: executed(file, content, machine) };
}

/**
 * All that the folder has. What several files hold is brought into one first. Files of another
 * model are left alone, and told of. Errors: faults 202 to 208 that name the damaged file, 601.
 */
export function corpusOf(folder: string, ground: Ground, machine: AnyMachine): Corpus {
  const { environment } = ground;
  const own: { file: string; openings: Opening[] }[] = [];
  for (const file of filesFor(folder, ground)) {
    const content = unlessGone(file);
    if (content === undefined || !isOf(content, ground)) continue;
    const { hash } = content.model;
    if (hash === environment.model.hash) {
      own.push({ file, openings: executed(file, content, machine) });
    } else {
      environment.err(`note: ${file}: written for model ${hash}, skipped; you may remove it\n`);
    }
  }
  const [first] = own;
  if (first === undefined) return { openings: [] };
  if (own.length === 1) return first;
  const all = merged(
    own.flatMap(({ openings }) => openings),
    Math.max,
  );
  const corpus = written(folder, ground, rarest(all, OPENINGS_MAX));
  for (const { file } of own) if (file !== corpus.file) rmSync(file, { force: true });
  return corpus;
}

function written(folder: string, ground: Ground, openings: readonly Opening[]): Corpus {
  const plain = openings.map(({ initial, steps, reached }) => {
    return { initial, steps: [...steps], reached };
  });
  const text = openingsText({ ...identityOf(ground), openings: plain });
  const file = join(folder, `${stemOf(ground)}--${digestOf(text)}.json`);
  if (!isFile(file)) writeWhole(file, text);
  return { file, openings };
}

/** Adds what walks came to, in the place of the file that they began with. Errors: fault 601. */
export function added(
  folder: string,
  ground: Ground,
  before: Corpus,
  openings: readonly Opening[],
): Corpus {
  const all = merged([...before.openings, ...openings], (x, y) => x + y);
  if (all.length === 0) return before;
  const corpus = written(folder, ground, rarest(all, OPENINGS_MAX));
  if (before.file !== undefined && before.file !== corpus.file) {
    rmSync(before.file, { force: true });
  }
  return corpus;
}
