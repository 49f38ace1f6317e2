/**
 * The bits of a vector, gathered by who reads them.
 *
 * What questions read overlaps: nearly all look at the same large part, and each at something of
 * its own. Bits that the same questions read are an atom, so that a change is noticed, and the
 * contents are looked up, once for all of these questions.
 */
import { WORD_BITS } from '../state/shape.ts';

/** One bit for each atom in a number that is not negative. */
export const ATOMS_MAX = 30;

/** Bits of one word. */
export interface MaskedWord {
  readonly word: number;
  readonly mask: number;
}

/** The words of a mask that have any. Order: by word. */
export const maskedWords = (mask: Int32Array): MaskedWord[] =>
  [...mask].flatMap((bits, word) => (bits === 0 ? [] : [{ word, mask: bits }]));

export interface Atom {
  /** Those that read it, as bits. */
  readonly questions: number;
  /** Order: by word. */
  readonly words: readonly MaskedWord[];
}

/** Readers of each bit of a word, as bits. */
function readersOf(masks: readonly Int32Array[], word: number, bit: number): number {
  return masks.reduce((all, mask, q) => all | ((((mask[word] ?? 0) >>> bit) & 1) << q), 0);
}

/** Joins the last of too many: a question that reads part of an atom then depends on all of it. */
function atMost(max: number, atoms: readonly Atom[]): Atom[] {
  if (atoms.length <= max) return [...atoms];
  const joined = new Map<number, number>();
  for (const { word, mask } of atoms.slice(max - 1).flatMap(({ words }) => words)) {
    joined.set(word, (joined.get(word) ?? 0) | mask);
  }
  const questions = atoms.slice(max - 1).reduce((all, atom) => all | atom.questions, 0);
  const words = [...joined].map(([word, mask]) => ({ word, mask }));
  return [...atoms.slice(0, max - 1), { questions, words }];
}

/** The atoms of questions that read the bits of `masks`; one mask for each question. */
export function atomsOf(masks: readonly Int32Array[], max = ATOMS_MAX): Atom[] {
  const byReaders = new Map<number, Map<number, number>>();
  for (let word = 0; word < (masks[0]?.length ?? 0); word++) {
    for (let bit = 0; bit < WORD_BITS; bit++) {
      const readers = readersOf(masks, word, bit);
      if (readers === 0) continue;
      const words = byReaders.get(readers) ?? new Map<number, number>();
      words.set(word, (words.get(word) ?? 0) | (1 << bit));
      byReaders.set(readers, words);
    }
  }
  const atoms = [...byReaders].map(([questions, words]) => ({
    questions,
    words: [...words].map(([word, mask]) => ({ word, mask })),
  }));
  return atMost(max, atoms);
}
