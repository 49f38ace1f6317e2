/** From what happened to what the shell sees. */
import { match } from 'ts-pattern';
import type { Verdict } from '../report/search-report.ts';
import type { StopSignal } from './environment.ts';

export const internalErrorCode = 70;

/** A signal outweighs the verdict: the work was not finished. */
export function exitCode(verdict: Verdict, signal?: StopSignal): 0 | 1 | 2 | 130 | 143 {
  if (signal !== undefined) return signal === 'SIGINT' ? 130 : 143;
  return match(verdict)
    .with({ kind: 'held' }, { kind: 'known' }, () => 0 as const)
    .with({ kind: 'violated' }, () => 1 as const)
    .with({ kind: 'inconclusive' }, () => 2 as const)
    .exhaustive();
}

/**
 * With `--bisect`, for `git bisect run`: a commit without a verdict is skipped. A signal ends the
 * bisection, as any code above 127 does.
 */
export const exitCodeFor = (words: readonly string[], code: number): number =>
  !words.includes('--bisect') || code === 0 || code === 1 || code > 127 ? code : 125;
