/** Source text for copying, hashing and comparing vectors: straight lines unless they are long. */
import { absorbText, finishText, HASH_SEED_HIGH, HASH_SEED_LOW } from '../state/hash.ts';

/** Longer vectors are handled by loops. */
const UNROLL_MAX = 128;

export const range = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => index);
export const plus = (base: string, index: number): string =>
  base === '' ? String(index) : index === 0 ? base : `${base} + ${index}`;

export function copyText(
  words: number,
  target: string,
  targetBase: string,
  source: string,
  sourceBase: string,
): string {
  if (words <= UNROLL_MAX) {
    const one = (i: number) =>
      `${target}[${plus(targetBase, i)}] = ${source}[${plus(sourceBase, i)}];`;
    return range(words).map(one).join(' ');
  }
  const at = (base: string) => (base === '' ? 'i' : `${base} + i`);
  const copy = `${target}[${at(targetBase)}] = ${source}[${at(sourceBase)}];`;
  return `for (let i = 0; i < ${words}; i++) ${copy}`;
}

/** Sets the lanes `p` and `q` to the hash of `source[base ..]`. */
export function hashText(words: number, source: string, base: string): string {
  const absorb = (at: string) => `{ const w = ${source}[${at}]; ${absorbText('w')} }`;
  const body =
    words <= UNROLL_MAX
      ? range(words)
          .map((i) => absorb(plus(base, i)))
          .join('\n')
      : `for (let i = 0; i < ${words}; i++) ${absorb(base === '' ? 'i' : `${base} + i`)}`;
  return `p = ${HASH_SEED_LOW}; q = ${HASH_SEED_HIGH};\n${body}\n${finishText}`;
}

const zero = (base: string): string => (base === '' ? '0' : base);

/** Expression: the vectors at `x[i ..]` and `y[j ..]` are equal. */
export function sameText(words: number, x: string, i: string, y: string, j: string): string {
  if (words > UNROLL_MAX) return `sameVector(${x}, ${zero(i)}, ${y}, ${zero(j)})`;
  return range(words)
    .map((k) => `${x}[${plus(i, k)}] === ${y}[${plus(j, k)}]`)
    .join(' && ');
}
