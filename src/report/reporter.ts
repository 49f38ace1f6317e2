/** What a format has to be able to say. */
import type { Statistics } from '../engine/outcome.ts';
import type { SearchHeader, SearchReport, Verdict } from './search-report.ts';

/** The end of a command over all its scenarios. */
export interface Summary {
  readonly verb: string;
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly reports: readonly SearchReport[];
  /** Properties without a case in all searches; empty when nobody asked. */
  readonly vacuous: readonly string[];
}

export interface Reporter {
  readonly started: (header: SearchHeader) => void;
  readonly progressed: (header: SearchHeader, statistics: Statistics) => void;
  readonly finished: (report: SearchReport) => void;
  readonly ended: (summary: Summary) => void;
}

/** For who looks at the reports alone. */
export const silentReporter: Reporter = {
  started: () => {},
  progressed: () => {},
  finished: () => {},
  ended: () => {},
};

export type Format = 'text' | 'json' | 'ndjson';
export type WriteLine = (line: string) => void;
