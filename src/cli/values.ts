/** Values of flags. Errors: fault 102 with the allowed form and an example. */
import { Fault } from '../checker/fault.ts';

/** The fault of a value that is not of its form. */
export function bad(flag: string, text: string, form: string, example: string): Fault {
  return new Fault('KMC-102', `--${flag} ${text}: ${form}`, [`for example: --${flag} ${example}`]);
}

/** Whole and decimal, digits may be grouped with `_`. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const digits = text.replaceAll('_', '');
  const value = /^\d+$/.test(digits) ? Number(digits) : NaN;
  if (value >= min && value <= max) return value;
  const upTo = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw bad(
    flag,
    text,
    `must be a whole number ${upTo}`,
    String(Math.max(min, Math.min(max, 1000))),
  );
}

const msPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export function duration_ms(flag: string, text: string): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const value = Number(digits) * (msPerUnit[unit] ?? NaN);
  if (value > 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  throw bad(flag, text, 'must be a time above zero in ms, s, m or h', '60s');
}

const bytesPerUnit: Readonly<Record<string, number>> = {
  '': 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
};

export function bytes(flag: string, text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMG]?)i?B?$/.exec(text) ?? [];
  const value = Number(digits) * (bytesPerUnit[unit] ?? NaN);
  if (value > 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  throw bad(flag, text, 'must be a size above zero in K, M or G', '4G');
}

export const seedMax = 2n ** 64n - 1n;

/** Hexadecimal with `0x`, or decimal; 64 bits. */
export function seed(flag: string, text: string): bigint {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) {
    const value = BigInt(text);
    if (value <= seedMax) return value;
  }
  throw bad(flag, text, 'must be a number of 64 bits, hexadecimal or decimal', '0x5eed');
}

/** Walks are counted up to the one that is meant, which takes about a microsecond for each. */
const pathNumberMax = 10 ** 8;

/** The number of a walk, then of shrinks: `41:0:3`. */
export const isPath = (text: string): boolean =>
  /^\d+(:\d+)*$/.test(text) && text.split(':').every((number) => Number(number) <= pathNumberMax);

export function path(flag: string, text: string): string {
  if (isPath(text)) return text;
  throw bad(
    flag,
    text,
    `must be numbers up to ${pathNumberMax} with colons between them`,
    '41:0:3',
  );
}

export function regularExpression(flag: string, text: string): RegExp {
  try {
    const expression = new RegExp(text);
    // Some are found too large only when they are used.
    expression.test('');
    return expression;
  } catch {
    throw bad(flag, text, 'must be a regular expression', "'^tlb-'");
  }
}

/** `name=value`, split at the first `=`. */
export function assignment(flag: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw bad(flag, text, 'must be name=value', 'name=value');
}
