/**
 * What the exhaustive search of each scenario came to, step by step and property by property: how
 * often each transition was taken, in how many cases each property was put to the test, and
 * whether its witness was reached. Recorded, because a search takes minutes.
 *
 * Kept as one list of names and one line of numbers per scenario, which a change can be read in.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Statistics } from '../engine/outcome.ts';

export interface RecordedEvidence {
  readonly states: number;
  readonly transitions: number;
  /** Steps taken by transition, those that lead to a known state included. */
  readonly taken: Readonly<Record<string, number>>;
  /** By property: distinct states, or executed steps, in which its antecedent held. */
  readonly cases: Readonly<Record<string, number>>;
  /** Properties whose witness was not reached. */
  readonly unreached: readonly string[];
}

/** By scenario. */
export type EvidenceBook = Readonly<Record<string, RecordedEvidence>>;

interface Packed {
  readonly transitions: readonly string[];
  readonly properties: readonly string[];
  readonly scenarios: Readonly<
    Record<
      string,
      {
        readonly states: number;
        readonly transitions: number;
        /** By number of the transition; `null` where the scenario has none of that name. */
        readonly taken: readonly (number | null)[];
        readonly cases: readonly (number | null)[];
        readonly unreached: readonly string[];
      }
    >
  >;
}

export const evidenceOf = (statistics: Statistics): RecordedEvidence => ({
  states: statistics.states,
  transitions: statistics.transitions,
  taken: Object.fromEntries(statistics.coverage.map(({ name, taken }) => [name, taken])),
  cases: Object.fromEntries(statistics.evidence.map(({ id, applied }) => [id, applied])),
  unreached: statistics.evidence.filter((e) => !e.witnessReached).map(({ id }) => id),
});

const namesIn = (
  book: EvidenceBook,
  part: (one: RecordedEvidence) => Readonly<Record<string, number>>,
): string[] => [...new Set(Object.values(book).flatMap((one) => Object.keys(part(one))))];

/** One line per scenario, in the order of the book. */
export function evidenceText(book: EvidenceBook): string {
  const transitions = namesIn(book, ({ taken }) => taken);
  const properties = namesIn(book, ({ cases }) => cases);
  const lines = Object.entries(book).map(([id, one]) => {
    const packed = {
      states: one.states,
      transitions: one.transitions,
      taken: transitions.map((name) => one.taken[name] ?? null),
      cases: properties.map((name) => one.cases[name] ?? null),
      unreached: one.unreached,
    };
    return `    ${JSON.stringify(id)}: ${JSON.stringify(packed)}`;
  });
  return [
    '{',
    `  "transitions": ${JSON.stringify(transitions)},`,
    `  "properties": ${JSON.stringify(properties)},`,
    '  "scenarios": {',
    lines.join(',\n'),
    '  }',
    '}',
    '',
  ].join('\n');
}

const named = (names: readonly string[], values: readonly (number | null)[]) =>
  Object.fromEntries(
    names.flatMap((name, i): [string, number][] => {
      const value = values[i] ?? null;
      return value === null ? [] : [[name, value]];
    }),
  );

/** Errors: throws when the text is not what `evidenceText` writes. */
export function evidenceIn(text: string): EvidenceBook {
  const { transitions, properties, scenarios } = JSON.parse(text) as Packed;
  return Object.fromEntries(
    Object.entries(scenarios).map(([id, one]) => [
      id,
      {
        states: one.states,
        transitions: one.transitions,
        taken: named(transitions, one.taken),
        cases: named(properties, one.cases),
        unreached: one.unreached,
      },
    ]),
  );
}

/** Of a file that was never written: nothing. */
export const readEvidence = (file: string): EvidenceBook =>
  existsSync(file) ? evidenceIn(readFileSync(file, 'utf8')) : {};
