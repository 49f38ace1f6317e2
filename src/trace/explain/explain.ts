/**
 * From a part of a trace to the model: is there a run in which the same happens, and under which
 * rules? Asked of `upstream` first, then of the mutants, those that break the same property first.
 */
import { instantiateKvm } from '../../checker/instance.ts';
import type { Granularity, Selection } from '../../checker/catalogue.ts';
import { mutants, scenarios, type Mutant, type Scenario } from '../../../model/index.ts';
import {
  searchFor,
  type GuidedOutcome,
  type GuidedRun,
  type SearchLimits,
} from './guided-search.ts';
import { impossibleIn, misfit, sizeOf } from './geometry.ts';
import type { Pattern } from './pattern.ts';

export interface Question {
  readonly whole: Pattern;
  /** Without what surrounds the objects of the violation; may be the whole. */
  readonly core: Pattern;
  /** The property of the model that says what the broken rule says. */
  readonly property: string | undefined;
  /** Whether the lines break a rule; otherwise any run that shows them will do. */
  readonly isViolation: boolean;
}

export interface Found {
  readonly pattern: Pattern;
  readonly selection: Selection;
  readonly run: GuidedRun;
  /** The property that breaks in it. */
  readonly property: string | undefined;
}

/** Searches that were made under one set of rules. */
export interface Tried {
  /** `upstream`, or the name of a mutant. */
  readonly rules: string;
  /** Scenarios of which all states were seen, and others. */
  readonly whole: readonly string[];
  readonly partly: readonly string[];
  readonly states: number;
}

export type Explanation =
  | { readonly kind: 'no-counterpart'; readonly because: string }
  | { readonly kind: 'too-large'; readonly because: string; readonly pattern: Pattern }
  | {
      readonly kind: 'upstream' | 'mutant';
      readonly found: Found;
      /** What was asked for first; the run may show the core alone. */
      readonly whole: Pattern;
      readonly tried: readonly Tried[];
    }
  | {
      readonly kind: 'none' | 'bound';
      readonly pattern: Pattern;
      readonly tried: readonly Tried[];
    };

type Whose = 'near' | 'other';

/**
 * Mutants that break the property of the rule come first, and whole operations before single steps:
 * they are few, and most runs need no more.
 */
const rounds: readonly (readonly [whose: Whose, granularity: Granularity])[] = [
  ['near', 'operation'],
  ['other', 'operation'],
  ['near', 'step'],
];

/** Share of the states for searches without much hope. What there is, is mostly found at once. */
const glance = 0.1;

/** Scenarios that show all but the last item under `upstream`, in which mutants are tried too. */
const mostPromising = 2;

class Explainer {
  readonly #question: Question;
  readonly #limits: SearchLimits;
  readonly #tried = new Map<string, Tried>();
  /** Scenarios that show all but the last item under `upstream`. Order: as tried. */
  #promising: string[] = [];

  constructor(question: Question, limits: SearchLimits) {
    this.#question = question;
    this.#limits = limits;
  }

  explain(): Explanation {
    const { whole, core, isViolation } = this.#question;
    if (core.items.length === 0) {
      return { kind: 'no-counterpart', because: 'nothing that the model has happens in it' };
    }
    const impossible = impossibleIn(core);
    if (impossible !== undefined) return { kind: 'no-counterpart', because: impossible };
    const tooLarge = misfit(sizeOf(core), scenarios);
    if (tooLarge !== '') return { kind: 'too-large', because: tooLarge, pattern: core };
    // A run that shows the whole nearly always shows the core, which is found sooner.
    const upstream = this.#underUpstream(core);
    const all = upstream && (core === whole ? upstream : this.#underUpstream(whole, true));
    const enough = all ?? (isViolation ? undefined : upstream);
    if (enough !== undefined) return this.#answer(enough);
    const pattern = upstream === undefined ? core : whole;
    for (const [whose, granularity] of rounds) {
      const found = this.#underMutants(pattern, whose, granularity);
      if (found !== undefined) return this.#answer(found);
    }
    return upstream === undefined ? this.#nothing(pattern) : this.#answer(upstream);
  }

  #answer(found: Found): Explanation {
    const kind = found.selection.mutant === undefined ? 'upstream' : 'mutant';
    return { kind, found, whole: this.#question.whole, tried: this.#triedList };
  }

  #underMutants(pattern: Pattern, whose: Whose, granularity: Granularity): Found | undefined {
    const isNear = (mutant: Mutant) => mutant.property === this.#question.property;
    for (const mutant of mutants.filter((one) => isNear(one) === (whose === 'near'))) {
      const found = this.#underMutant(pattern, mutant, whose, granularity);
      if (found === undefined || pattern === this.#question.whole) {
        if (found !== undefined || this.#limits.isOver()) return found;
        continue;
      }
      // The same rules, asked for the surroundings too.
      return this.#underMutant(this.#question.whole, mutant, whose, granularity) ?? found;
    }
    return undefined;
  }

  #nothing(pattern: Pattern): Explanation {
    const isBound = this.#triedList.some(({ partly }) => partly.length > 0);
    return { kind: isBound ? 'bound' : 'none', pattern, tried: this.#triedList };
  }

  get #triedList(): Tried[] {
    return [...this.#tried.values()];
  }

  /**
   * Order: those in which a mutant breaks the property, then small ones. `isExtra`: a run is known
   * that shows less.
   */
  #underUpstream(pattern: Pattern, isExtra = false): Found | undefined {
    const { property, isViolation } = this.#question;
    const breaking = mutants.filter((m) => property !== undefined && m.property === property);
    const near = new Set(breaking.map(({ scenario }) => scenario));
    const rank = ({ id, geometry }: Scenario) =>
      (near.has(id) ? 0 : 100) + geometry.shadow_pages * 4 + geometry.vcpus;
    const asked = scenarios
      .filter((scenario) => misfit(sizeOf(pattern), [scenario]) === '')
      .sort((a, b) => rank(a) - rank(b));
    this.#promising = [];
    const passes: readonly [Granularity, number][] =
      isViolation || isExtra
        ? [['operation', glance]]
        : [
            ['operation', glance],
            ['step', glance],
            ['operation', 1],
          ];
    for (const [granularity, some] of passes) {
      for (const { id: scenario, preset } of asked) {
        if (this.#limits.isOver()) return undefined;
        const selection = { scenario, preset, rules: {}, granularity, properties: [] };
        const found = this.#search(pattern, selection, near.has(scenario) ? 1 : some);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** With the property of the rule, then with the one that the mutant is known to break. */
  #underMutant(
    pattern: Pattern,
    mutant: Mutant,
    whose: Whose,
    granularity: Granularity,
  ): Found | undefined {
    const promising = this.#promising.slice(0, mostPromising);
    const own = whose === 'near' || this.#promising.includes(mutant.scenario);
    const share = whose === 'near' && granularity === 'operation' ? 1 : glance;
    for (const id of new Set([...(own ? [mutant.scenario] : []), ...promising])) {
      const scenario = scenarios.find((one) => one.id === id);
      if (scenario === undefined || misfit(sizeOf(pattern), [scenario]) !== '') continue;
      const preset = mutant.preset ?? scenario.preset;
      const named = { scenario: id, preset, rules: {}, mutant: mutant.id, granularity };
      const wanted = new Set([this.#question.property ?? mutant.property, mutant.property]);
      for (const property of wanted) {
        if (this.#limits.isOver()) return undefined;
        const found = this.#search(pattern, { ...named, properties: [property] }, share);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #search(pattern: Pattern, selection: Selection, share: number): Found | undefined {
    const states = Math.ceil(this.#limits.states * share);
    const machine = instantiateKvm(selection);
    // What must not go on for ever is not seen in a run that ends.
    if (machine.properties.length < (selection.properties?.length ?? 0)) return undefined;
    const outcome = searchFor(machine, pattern, { ...this.#limits, states });
    this.#note(selection, outcome);
    if (outcome.kind === 'found') {
      return { pattern, selection, run: outcome.run, property: selection.properties?.[0] };
    }
    const isClose = outcome.reached >= pattern.items.length - 1;
    if (isClose && selection.mutant === undefined) this.#promising.push(selection.scenario);
    return undefined;
  }

  #note({ mutant, scenario }: Selection, { kind, states }: GuidedOutcome): void {
    const rules = mutant ?? 'upstream';
    const before = this.#tried.get(rules) ?? { rules, whole: [], partly: [], states: 0 };
    const isPartly = kind === 'bound' || before.partly.includes(scenario);
    const [others, part] = [before.whole, before.partly].map((ids) =>
      ids.filter((id) => id !== scenario),
    );
    this.#tried.set(rules, {
      rules,
      whole: [...(others ?? []), ...(isPartly ? [] : [scenario])],
      partly: [...(part ?? []), ...(isPartly ? [scenario] : [])],
      states: before.states + states,
    });
  }
}

export const explain = (question: Question, limits: SearchLimits): Explanation =>
  new Explainer(question, limits).explain();
