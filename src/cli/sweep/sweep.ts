/**
 * The sweep: each value that a rule could have instead, in every scenario that asks for the rule,
 * until a property breaks.
 *
 * A scenario is passed over when its search under the rules as they are was complete and never
 * asked for the rule: what nobody asks for cannot make a difference. Making the machine, steps and
 * properties all count as asking.
 */
import type { Statistics } from '../../engine/outcome.ts';
import type { BaseResult, SweepRow, ValueResult } from '../../report/sweep/schema.ts';
import type { SweepReporter } from '../../report/sweep/reporter.ts';
import { isFinal, type Book } from './book.ts';
import { alternativeText, type Alternative, type Candidate } from './plan.ts';
import { isRefuted, rowOf, type Tried } from './row.ts';
import { searchBase, searchValue, type SearchSettings } from './searches.ts';
import type { Catalogue } from '../../checker/catalogue.ts';

export interface SweepSettings extends Omit<SearchSettings, 'onProgress'> {
  readonly catalogue: Catalogue;
  readonly book: Book;
  /** After each search. */
  readonly save: () => void;
  readonly onProgress: (searching: string, statistics: Statistics) => void;
  readonly reporter: SweepReporter;
}

/** One value after the other. */
export class Sweep {
  readonly #settings: SweepSettings;
  /** Searches that ended at a bound and are not made again by this command. */
  readonly #made = new Set<BaseResult | ValueResult>();

  constructor(settings: SweepSettings) {
    this.#settings = settings;
  }

  get #stopped(): boolean {
    return this.#settings.environment.stopSignal() !== undefined;
  }

  #isUsable(result: BaseResult | ValueResult): boolean {
    return this.#made.has(result) || isFinal(result, this.#settings.limits);
  }

  #searching(name: string): SearchSettings {
    const { onProgress } = this.#settings;
    return { ...this.#settings, onProgress: (statistics) => onProgress(name, statistics) };
  }

  /** The scenario under the rules as they are; `undefined` when it was interrupted. */
  async #base(candidate: Candidate): Promise<BaseResult | undefined> {
    const { book, reporter, save } = this.#settings;
    const known = book.base(candidate);
    if (known !== undefined && this.#isUsable(known)) return known;
    const { scenario, preset } = candidate;
    const base = await searchBase(this.#searching(`${scenario.id} ${preset}`), candidate);
    if (base.bound === 'interrupted') return undefined;
    this.#made.add(base);
    book.addBase(base);
    save();
    reporter.based(base);
    return base;
  }

  async #value(alternative: Alternative, candidate: Candidate): Promise<ValueResult | undefined> {
    const { book, reporter, save } = this.#settings;
    const known = book.value(alternative, candidate);
    if (known !== undefined && this.#isUsable(known)) return known;
    const name = `${candidate.scenario.id} ${alternativeText(alternative)}`;
    const result = await searchValue(this.#searching(name), alternative, candidate);
    if (result.bound === 'interrupted') return undefined;
    this.#made.add(result);
    book.addValue(result);
    save();
    reporter.searched(result);
    return result;
  }

  async #try(alternative: Alternative, candidate: Candidate): Promise<Tried> {
    if (this.#stopped) return { candidate };
    if (!candidate.isOfMutant) {
      const base = await this.#base(candidate);
      if (base === undefined || base.violates !== null) return { candidate, base };
      const isExact = base.bound === null;
      if (isExact && !base.consulted.includes(alternative.rule)) return { candidate, base };
      return { candidate, base, result: await this.#value(alternative, candidate) };
    }
    const result = await this.#value(alternative, candidate);
    if (result === undefined || result.violation !== null) return { candidate, result };
    return { candidate, result, base: await this.#base(candidate) };
  }

  /** Stops at the first scenario that breaks a property. */
  async decide(alternative: Alternative, candidates: readonly Candidate[]): Promise<SweepRow> {
    const tried: Tried[] = [];
    for (const candidate of candidates) {
      const one = await this.#try(alternative, candidate);
      tried.push(one);
      if (isRefuted(one)) break;
    }
    return rowOf(this.#settings.catalogue, alternative, tried);
  }
}
