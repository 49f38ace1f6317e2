/**
 * How each planted bug was found: by which engine, in how many steps, after how many states and
 * seconds. Recorded, because the searches take minutes; seconds are those of one machine.
 */
import { existsSync, readFileSync } from 'node:fs';

export interface MutantEvidence {
  /** The property that was the first to break. */
  readonly property: string;
  readonly engine: 'exhaustive';
  /** Steps of the run, up to the violation or into the loop. */
  readonly steps: number;
  /** Distinct states seen until then. */
  readonly states: number;
  /** Rounded up to a whole second. */
  readonly seconds: number;
}

/** By mutant. */
export type MutantBook = Readonly<Record<string, MutantEvidence>>;

/** One line per mutant, in the order of the book. */
export const mutantEvidenceText = (book: MutantBook): string =>
  `{\n${Object.entries(book)
    .map(([id, one]) => `  ${JSON.stringify(id)}: ${JSON.stringify(one)}`)
    .join(',\n')}\n}\n`;

/** Of a file that was never written: nothing. Errors: throws when the text is no JSON. */
export const readMutantEvidence = (file: string): MutantBook =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as MutantBook) : {};
