/**
 * How soon random walks show each planted bug, by the way they are drawn. Recorded, because it
 * takes an hour; times are those of one machine.
 */
import { existsSync, readFileSync } from 'node:fs';

/** Order: of the columns of the table. */
export const ways = ['uniform', 'swarm', 'guided'] as const;
export type Way = (typeof ways)[number];

/** Of all seeds; walks and steps of a seed that missed it are those until the limit. */
export interface WayEvidence {
  /** Median. */
  readonly walks: number;
  /** Median. */
  readonly steps: number;
  readonly meanSteps: number;
  /** Median. */
  readonly cpu_ms: number;
  /** Seeds that did not show it within the limit. */
  readonly missed: number;
}

export interface WalkEvidence extends Readonly<Record<Way, WayEvidence>> {
  readonly seeds: number;
  /** Most steps of a seed. */
  readonly limit: number;
}

/** By mutant. */
export type WalkBook = Readonly<Record<string, WalkEvidence>>;

/** One line per mutant, in the order of the book. */
export const walkEvidenceText = (book: WalkBook): string =>
  `{\n${Object.entries(book)
    .map(([id, one]) => `  ${JSON.stringify(id)}: ${JSON.stringify(one)}`)
    .join(',\n')}\n}\n`;

/** Of a file that was never written: nothing. Errors: throws when the text is no JSON. */
export const readWalkEvidence = (file: string): WalkBook =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as WalkBook) : {};
