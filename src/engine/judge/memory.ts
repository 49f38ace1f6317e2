/**
 * Answers remembered by what a question reads.
 *
 * Most steps leave alone most of what a property looks at, and states that agree in those bits
 * get the same answer.
 *
 * - A look begins with comparing the vector with that of the last look. A question of whose bits
 *   none changed has the answer that it had; how often that happens is the difference of two
 *   counts of looks, so that such a question costs nothing.
 * - For the others, contents of each atom (see `atoms.ts`) get a number, never used for other
 *   contents. A table for each question holds the numbers of its atoms with the answer.
 *
 * Contents are compared as a whole, hence no answer is taken from another case. The text is made
 * from numbers alone.
 */
import { atomsOf } from './atoms.ts';
import { memoryText } from './memory-text.ts';
import { Table } from './table.ts';

/** One bit for each question in a word that is no negative number. */
export const QUESTIONS_MAX = 30;

/** Numbers of contents fit a word, those of one look included. */
const NUMBERS_MAX = 2 ** 31 - 64;

export interface Memory {
  /**
   * Which of the `asked` questions (one bit each) have no answer for what the vector holds now.
   * Those that have one are counted. Of a moment, all questions are asked or none, but those that
   * were given up or of whom nobody wants counts any more.
   */
  unknown(asked: number): number;
  /** Enters an answer to a question just found unknown: a number that is not negative. */
  settle(question: number, answer: number): void;
  /** The answer for what the vector holds now; only for a question just found known. */
  answerOf(question: number): number;
  /** The question will not be asked any more. */
  giveUp(question: number): void;
  /** Reports how often each answer was found since the last time, and forgets the counts. */
  tally(): void;
}

export interface MemoryOptions {
  /** By question: the bits that it reads. */
  readonly masks: readonly Int32Array[];
  /** By moment: the questions that are asked at it, as bits. Each belongs to one. */
  readonly moments: readonly number[];
  /** Told how often an answer was found, when it is tallied. */
  readonly counted: (question: number, answer: number, times: number) => void;
  /** Above this number of contents everything is forgotten. Default: what fits a word. */
  readonly numbersMax?: number;
}

/**
 * A memory for questions about `vector`.
 * Errors: `RangeError` for more than `QUESTIONS_MAX` questions.
 */
export function createMemory(
  vector: Int32Array,
  { masks, moments, counted, numbersMax = NUMBERS_MAX }: MemoryOptions,
): Memory {
  if (masks.length > QUESTIONS_MAX) throw new RangeError(`more than ${QUESTIONS_MAX} questions`);
  const questions = masks.length;
  const text = memoryText({ atoms: atomsOf(masks), questions, moments, numbersMax });
  // Reviewed: the text is made from numbers alone; everything named comes as an argument.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const build = new Function('m', 'newTable', 'counted', text) as (
    m: Int32Array,
    newTable: (...args: ConstructorParameters<typeof Table>) => Table,
    report: typeof counted,
  ) => Memory;
  return build(vector, (...args) => new Table(...args), counted);
}
