/**
 * The words of a command line, looked at before they are parsed.
 *
 * The parser forgives much: a flag without its value gets the default, `--symmetry=maybe` is
 * false, `--no-workers` is a value, words after `--` are dropped. Each would change, without a
 * word, what is checked.
 */
import type { Options } from 'yargs';
import { Fault, type FaultCode } from '../checker/fault.ts';

export type Flags = Readonly<Record<string, Options>>;

/** Flags with a value that `--no-` switches off. */
const negatable = new Set(['save']);

/** Flags whose value may be left out. */
const optionalValue = new Set(['ktap']);

/** What the parser knows in every command. */
export const commonFlags: Flags = {
  bisect: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
};

interface Flag {
  /** As written, without the value. */
  readonly written: string;
  readonly name: string;
  readonly negated: boolean;
  /** After `=`. */
  readonly value?: string;
}

function flagIn(word: string, flags: Flags): Flag | undefined {
  const [, written = '', name = '', value] = /^(--?([^=]*))(?:=(.*))?$/s.exec(word) ?? [];
  if (written === '' || name === '') return undefined;
  const short = !written.startsWith('--');
  const found = short ? Object.keys(flags).find((key) => flags[key]?.alias === name) : name;
  const negated = !Object.hasOwn(flags, name) && name.startsWith('no-');
  const known = negated ? name.slice(3) : found;
  if (known === undefined || !Object.hasOwn(flags, known)) return undefined;
  return { written, name: known, negated, ...(value === undefined ? {} : { value }) };
}

const fault = (code: FaultCode, message: string, hint: string): Fault =>
  new Fault(code, message, [hint]);

const help = 'help: kvm-mmu-check <command> --help';

/** Errors: fault 102. */
function checkSwitch({ written, value }: Flag): void {
  if (value === undefined || ['true', 'false'].includes(value)) return;
  throw fault('KMC-102', `${written}=${value}: takes no value but true or false`, help);
}

const isFlag = (word: string): boolean => /^--|^-[a-z]/i.test(word);

/** Errors: fault 102 for a value that is missing or empty, 104 for a flag that cannot be `no`. */
function checkValue({ written, name, negated, value }: Flag, next: string | undefined): void {
  if (negated) {
    if (negatable.has(name) && value === undefined) return;
    throw fault('KMC-104', `${written}: --${name} takes a value, and cannot be switched off`, help);
  }
  if (optionalValue.has(name) && value === undefined) return;
  const given = value ?? (next === undefined || isFlag(next) ? undefined : next);
  if (given !== undefined && given.trim() !== '') return;
  throw fault('KMC-102', `${written}: needs a value`, help);
}

/** Errors: fault 103 for a switch that is given twice. */
function checkOnce({ name, written }: Flag, switches: Set<string>): void {
  if (switches.has(name)) throw fault('KMC-103', `${written}: is given twice`, 'Give it once.');
  switches.add(name);
}

/**
 * Errors: faults 102 to 104 for what the parser would take for something else. Unknown flags are
 * left to the parser.
 */
export function checkWords(words: readonly string[], declared: Flags): void {
  const flags = { ...declared, ...commonFlags };
  const switches = new Set<string>();
  words.forEach((word, i) => {
    if (/^--(-|$)/.test(word)) {
      throw fault('KMC-103', `${word}: is no flag`, 'A file name that begins with -: ./-name');
    }
    const flag = flagIn(word, flags);
    if (flag === undefined) return;
    if (flags[flag.name]?.type === 'boolean') {
      checkSwitch(flag);
      checkOnce(flag, switches);
    } else {
      checkValue(flag, words[i + 1]);
    }
  });
}
