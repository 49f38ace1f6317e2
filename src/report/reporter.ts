/** What a format has to be able to say. */
import type { ModelVersion } from '../counterexample/model-version.ts';
import type { Statistics } from '../engine/outcome.ts';
import type { BaselineEntry } from './baseline.ts';
import type { SearchHeader, SearchReport, Verdict } from './search-report.ts';

/** One part of a job that is split over machines. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

/** What a command was asked to do, whether it came to an end or not. */
export interface Job {
  readonly verb: 'check' | 'run';
  readonly model: ModelVersion;
  /** The command that repeats the whole. */
  readonly repeat: string;
  /** Ids, in the order in which they are searched; of the whole, all shards included. */
  readonly scenarios: readonly string[];
  /** Absent: the whole. */
  readonly shard?: Shard;
  /** A property without a case makes the outcome inconclusive. */
  readonly failOnVacuous: boolean;
}

/** What the baseline said, compared with what was found. */
export interface ComparedBaseline {
  readonly file: string;
  /** Of its entries. */
  readonly hash: string;
  /** Entries that no longer occur. */
  readonly gone: readonly BaselineEntry[];
}

/** The end of a command over all its scenarios. */
export interface Summary extends Job {
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly reports: readonly SearchReport[];
  /** Properties without a case in all searches; empty when nobody asked. */
  readonly vacuous: readonly string[];
  /** Scenarios that an interruption left out. */
  readonly notSearched: readonly string[];
  readonly baseline?: ComparedBaseline;
}

export interface Reporter {
  readonly started: (header: SearchHeader) => void;
  readonly progressed: (header: SearchHeader, statistics: Statistics) => void;
  readonly finished: (report: SearchReport) => void;
  readonly ended: (summary: Summary) => void;
}

const nothing = () => {};

/** For commands that report in another way. */
export const silentReporter: Reporter = {
  started: nothing,
  progressed: nothing,
  finished: nothing,
  ended: nothing,
};

export type Format = 'text' | 'json' | 'ndjson';
export type WriteLine = (line: string) => void;
