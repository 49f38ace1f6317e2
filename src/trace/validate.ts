/** One trace against the rules: reading, tracking and judging in one pass. */
import type { EventKind, TraceEvent } from './read/event.ts';
import type { InputLine } from './read/input.ts';
import { TraceReader, type Gap } from './read/reader.ts';
import { Judge, type Handlers, type Moment, type TraceRule, type Violation } from './rules/rule.ts';
import { Timeline } from './timeline.ts';
import { applyEvent } from './track/effects.ts';
import { Vm } from './track/vm.ts';

export interface ValidationOptions {
  readonly rules: readonly TraceRule[];
  /** Kernel release, when the user says it. */
  readonly release?: string;
  /** Whether the NX mitigation is on for the VM, when the user says it. */
  readonly nxHugePages?: boolean;
  /** Sees each event between the rules and its effect; `apply` brings that about. */
  readonly observe?: (event: TraceEvent, at: Moment, apply: () => void) => void;
}

export interface RuleOutcome {
  readonly rule: TraceRule;
  readonly cases: number;
  readonly broken: number;
  /** Cases that nobody can judge, because events are missing. */
  readonly untold: number;
  readonly violations: readonly Violation[];
  /** Events that it needs and the trace does not hold. */
  readonly missing: readonly string[];
}

export interface Validation {
  readonly reader: TraceReader;
  readonly outcomes: readonly RuleOutcome[];
  /** The first ones. Order: of lines. */
  readonly gaps: readonly Gap[];
  readonly timeline: Timeline;
  /** VMs that markers announce. */
  readonly vms: number;
}

/** A trace can be damaged in every line. */
const keptGaps = 1000;

type Watcher = (event: TraceEvent, at: Moment) => void;

export class Validator {
  readonly #judges: ReadonlyMap<TraceRule, Judge>;
  readonly #watchers = new Map<EventKind, Watcher[]>();
  readonly #options: ValidationOptions;
  readonly reader: TraceReader;
  readonly timeline = new Timeline();
  #vm: Vm;
  #vms = 0;
  #gaps: Gap[] = [];

  constructor(options: ValidationOptions) {
    this.#options = options;
    this.reader = new TraceReader(options.release);
    this.#vm = this.#newVm();
    this.#judges = new Map(options.rules.map((rule) => [rule, new Judge(rule)]));
    for (const [rule, judge] of this.#judges) this.#subscribe(rule.watch(judge));
  }

  line(input: InputLine): void {
    const reading = this.reader.read(input);
    if (reading === undefined) return;
    if (reading.kind === 'gap') {
      if (this.#gaps.length < keptGaps) this.#gaps.push(reading.gap);
      this.#vm.miss(reading.gap);
      for (const judge of this.#judges.values()) judge.retract(reading.gap.since);
      return;
    }
    const { line, event } = reading;
    if (event.kind === 'marker' && event.text.startsWith('ktl scenario:')) {
      this.#vm = this.#newVm(this.#vm);
      this.#vm.complete = true;
      this.#vms += 1;
    }
    const vm = this.#vm;
    if (vm.kernel !== this.reader.kernel) vm.useKernel(this.reader.kernel);
    vm.begin(event, line.number);
    // 5.10 reports entries that cache MMIO like leaves.
    const isNoLeaf =
      event.kind === 'kvm_mmu_set_spte' && !vm.format.is_shadow_present_pte(event.spte);
    if (isNoLeaf) {
      vm.leaves.drop(event.sptep);
      return;
    }
    const thread = vm.thread(line.thread);
    const watchers = this.#watchers.get(event.kind);
    const { observe } = this.#options;
    const at: Moment | undefined = watchers || observe ? { vm, line, thread } : undefined;
    if (at !== undefined) for (const watch of watchers ?? []) watch(event, at);
    const place = { vm, line: line.number, thread };
    if (observe === undefined || at === undefined) applyEvent(event, place);
    else observe(event, at, () => applyEvent(event, place));
    this.timeline.note(line.time, vm.pages.live, vm.pages.unsync, event.kind === 'flush');
  }

  /** Call once, after the last line. */
  result(): Validation {
    const { counts } = this.reader;
    return {
      reader: this.reader,
      gaps: this.#allGaps(),
      timeline: this.timeline,
      vms: this.#vms,
      outcomes: [...this.#judges].map(([rule, judge]) => ({
        rule,
        ...settled(judge, missingEvents(rule, counts)),
      })),
    };
  }

  #allGaps(): Gap[] {
    const own = this.#vm.gap;
    const all = own === undefined || this.#gaps.includes(own) ? this.#gaps : [...this.#gaps, own];
    return [...all].sort((a, b) => a.line - b.line);
  }

  #newVm(before?: Vm): Vm {
    const vm = new Vm(this.reader.kernel);
    if (before !== undefined) vm.settings.inherit(before.settings);
    else vm.settings.sayNx(this.#options.nxHugePages);
    return vm;
  }

  #subscribe(handlers: Handlers): void {
    for (const [kind, handler] of Object.entries(handlers)) {
      const list = this.#watchers.get(kind as EventKind) ?? [];
      list.push(handler as Watcher);
      this.#watchers.set(kind as EventKind, list);
    }
  }
}

function missingEvents(rule: TraceRule, counts: ReadonlyMap<string, number>): string[] {
  // trace-cmd calls a marker `print`.
  const has = (name: string) =>
    counts.has(name) || (name === 'tracing_mark_write' && counts.has('print'));
  const oneOf = rule.needsOneOf ?? [];
  return [
    ...rule.needs.filter((name) => !has(name)),
    ...(oneOf.length > 0 && !oneOf.some(has) ? [oneOf.join(' or ')] : []),
  ];
}

/** Without the events that it needs, what a rule found means nothing. */
function settled(
  { cases, broken, untold, violations }: Judge,
  missing: readonly string[],
): Omit<RuleOutcome, 'rule'> {
  return missing.length === 0
    ? { cases, broken, untold, violations, missing }
    : { cases: 0, broken: 0, untold: untold + cases, violations: [], missing };
}
