/**
 * Results as suites of cases, which is all that test harnesses know. Searches, stored files and
 * traces are brought into this form once; every format of the harnesses is written from it.
 */

export type CaseResult =
  /** `because`: it passes since a bug that was planted shows, as it must. */
  | { readonly kind: 'passed'; readonly because?: string }
  /** Fails as it is known to: the violation is in the baseline. */
  | { readonly kind: 'expected'; readonly because: string }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** What failed, by id. */
      readonly type: string;
      /** Lines of a report for people. */
      readonly text: readonly string[];
    }
  /** No verdict: a bound was hit before the end, or there was nothing to judge. */
  | { readonly kind: 'open'; readonly because: string; readonly timedOut?: boolean }
  /** It could not be judged at all. */
  | { readonly kind: 'error'; readonly message: string; readonly type: string };

export interface Case {
  readonly name: string;
  readonly result: CaseResult;
  /** Relative to the repository. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** Files that a harness may keep. */
  readonly attachments?: readonly string[];
}

export interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
  readonly elapsed_ms?: number;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly facts?: Readonly<Record<string, string | number>>;
}

export const countOf = (suites: readonly Suite[], kind: CaseResult['kind']): number =>
  suites.flatMap(({ cases }) => cases).filter(({ result }) => result.kind === kind).length;
