/**
 * Matchers for vitest: `expect.extend(kvmMmuMatchers)`.
 *
 * All are asynchronous: `await expect('shadow-unsync').toHoldExhaustively()`.
 */
import type { MatcherState } from 'vitest';
import type { Counterexample } from '../counterexample/schema.ts';
import { replayCounterexample, replayFile, type ReplayOptions } from './replay.ts';
import { checkScenario, type CheckOptions, type SearchResult } from './search.ts';

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');

/** A doubt is a failure, whichever way the expectation goes. */
const doubtful = (context: MatcherState, message: string): MatcherResult => ({
  pass: context.isNot,
  message: () => message,
});

async function searched(received: unknown, options: CheckOptions): Promise<SearchResult> {
  if (typeof received !== 'string') {
    throw new TypeError(`expected the name of a scenario, got ${typeof received}`);
  }
  return checkScenario(received, options);
}

async function toHoldExhaustively(
  this: MatcherState,
  received: unknown,
  options: CheckOptions = {},
): Promise<MatcherResult> {
  const { verdict, scenario, text } = await searched(received, options);
  const expected = this.isNot
    ? `expected a violation in ${scenario}`
    : `expected every property to hold in ${scenario}`;
  if (verdict === 'inconclusive') {
    return doubtful(this, `${expected}, but the search was cut short\n${indented(text)}`);
  }
  return { pass: verdict === 'held', message: () => `${expected}\n${indented(text)}` };
}

async function toViolate(
  this: MatcherState,
  received: unknown,
  property: string,
  options: CheckOptions = {},
): Promise<MatcherResult> {
  const { verdict, scenario, violations, text } = await searched(received, options);
  const pass = violations.some((violation) => violation.property === property);
  const what = `${scenario} ${this.isNot ? 'not ' : ''}to violate ${property}`;
  if (verdict === 'inconclusive') {
    const message = `expected ${what}, but the search was cut short\n${indented(text)}`;
    return doubtful(this, message);
  }
  return { pass, message: () => `expected ${what}\n${indented(text)}` };
}

async function toReproduce(
  this: MatcherState,
  received: unknown,
  options: ReplayOptions = {},
): Promise<MatcherResult> {
  const { asExpected, text, counterexample } =
    typeof received === 'string'
      ? replayFile(received, options)
      : replayCounterexample(received as Counterexample, options);
  const what = typeof received === 'string' ? received : counterexample.title;
  const expected = `expected ${what} ${this.isNot ? 'not ' : ''}to reproduce`;
  return { pass: asExpected, message: () => `${expected}\n${indented(text)}` };
}

/** For `expect.extend`. */
export const kvmMmuMatchers = { toHoldExhaustively, toViolate, toReproduce };

interface KvmMmuMatchers {
  /**
   * Of the name of a scenario: every property holds in every state within its bounds. A search
   * that was cut short fails this, and fails its opposite.
   */
  readonly toHoldExhaustively: (options?: CheckOptions) => Promise<void>;
  /** Of the name of a scenario: a shortest violation of this property is what is found. */
  readonly toViolate: (property: string, options?: CheckOptions) => Promise<void>;
  /** Of a counterexample, or the path of its file: the run has its recorded verdict. */
  readonly toReproduce: (options?: ReplayOptions) => Promise<void>;
}

declare module 'vitest' {
  interface Matchers<T> extends KvmMmuMatchers {}
}
