/** From a file to validated data. Errors: faults 202 to 205 that name file and place. */
import type { z } from 'zod';
import { Fault, reasonOf } from '../checker/fault.ts';

/** A form of file, and what to tell people whose file is not of it. */
export interface FileForm<T> {
  /** `a counterexample`. */
  readonly what: string;
  /** Name and version: the `schema` field. */
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** What to do with a file that is cut off or damaged. */
  readonly restore: string;
  /** What to do with a file of another version. */
  readonly otherVersion: string;
  /** Where the form is described. */
  readonly described: string;
}

/** ` (line 3, column 5)`, when the parser says where. */
function placeOf(reason: string, text: string): string {
  const [, digits] = /position (\d+)(?! \()/.exec(reason) ?? [];
  if (digits === undefined) return '';
  const before = text.slice(0, Number(digits)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1) ?? '').length + 1})`;
}

/** What may have happened to a text that is no JSON, without the space around it. */
function damageOf(text: string): string {
  if (text !== '' && !text.startsWith('{')) return 'It does not begin like such a file.';
  return text.endsWith('}')
    ? 'The file was damaged after it was written.'
    : 'The file ends early: it was truncated.';
}

function parse<T>(text: string, file: string, { restore }: FileForm<T>): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = reasonOf(error);
    throw new Fault('KMC-203', `${file}: not JSON: ${reason}${placeOf(reason, text)}`, [
      damageOf(text.trim()),
      restore,
    ]);
  }
}

const baseOf = (name: string): string => name.replace(/@\d+$/, '');

function checkVersion<T>(value: unknown, file: string, form: FileForm<T>): void {
  const { name, what, otherVersion, described } = form;
  const schema: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'schema') : undefined;
  if (schema === name) return;
  if (typeof schema === 'string' && /@\d+$/.test(schema) && baseOf(schema) === baseOf(name)) {
    throw new Fault('KMC-205', `${file}: has schema "${schema}", this program reads "${name}"`, [
      otherVersion,
    ]);
  }
  throw new Fault('KMC-204', `${file}: is not ${what}: no "schema": "${name}"`, [described]);
}

const issueLine = (issue: z.core.$ZodIssue): string =>
  `at ${issue.path.length === 0 ? 'top level' : issue.path.join('.')}: ${issue.message}`;

/** What is printed must not steer a terminal; a key that objects take for their own gets lost. */
function checkTexts(value: unknown, file: string, path: readonly string[]): void {
  const refuse = (what: string): never => {
    const place = path.length === 0 ? 'top level' : path.join('.');
    throw new Fault('KMC-204', `${file}: does not match the schema`, [`at ${place}: ${what}`]);
  };
  const isText = typeof value === 'string';
  if (isText && /[^\P{Cc}\n\t]/u.test(value)) refuse('holds a control character');
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__' || /\p{Cc}/u.test(key)) refuse(`has a key ${JSON.stringify(key)}`);
    checkTexts(inner, file, [...path, key]);
  }
}

/** `file` is how messages call it. */
export function parseFile<T>(text: string, file: string, form: FileForm<T>): T {
  const value = parse(text, file, form);
  checkVersion(value, file, form);
  const parsed = form.schema.safeParse(value);
  if (parsed.success) {
    checkTexts(value, file, []);
    return parsed.data;
  }
  throw new Fault('KMC-204', `${file}: does not match the schema`, [
    ...parsed.error.issues.slice(0, 5).map(issueLine),
    form.described,
  ]);
}
