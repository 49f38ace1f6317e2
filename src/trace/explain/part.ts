/** The part of a trace that is to be explained, and what it asks of the model. */
import type { EventKind } from '../read/event.ts';
import type { InputLine } from '../read/input.ts';
import type { TraceRule } from '../rules/rule.ts';
import { Validator, type ValidationOptions } from '../validate.ts';
import type { Explanation, Question } from './explain.ts';
import type { Act, Witnessed } from './happening.ts';
import { Observer, withoutCounterpart } from './observe.ts';
import { focusOf, patternOf, type Pattern } from './pattern.ts';

export type Part =
  | {
      readonly kind: 'violation';
      readonly rule: TraceRule;
      readonly line: number;
      /** The lines that it depends on. */
      readonly evidence: readonly number[];
    }
  | {
      readonly kind: 'lines';
      readonly first: number;
      readonly last: number;
      /** Broken in these lines. */
      readonly rule: TraceRule | undefined;
    };

/** The last line that counts. */
export const lastLineOf = (part: Part): number =>
  part.kind === 'violation' ? part.line : part.last;

/** Events that show an act; the others are always recorded. */
const shownBy: readonly [kind: EventKind, act: Act][] = [
  ['drop_spte', 'leaf-dropped'],
  ['unmap_gfn_range', 'leaf-dropped'],
  ['spte_update', 'leaf-protected'],
  ['flush', 'flushed'],
  ['kvm_entry', 'entered'],
];

const always: readonly Act[] = [
  'page-created',
  'page-unsynced',
  'page-synced',
  'page-zapped',
  'leaf-set',
];

const isObject = ({ act }: Witnessed): boolean => act !== 'flushed' && act !== 'entered';

/** Pages, and the leaves that map their tables; all of them when there is no page. */
function withoutPlainLeaves(objects: readonly Witnessed[]): readonly Witnessed[] {
  const tables = new Set(objects.map(({ page }) => page?.gfn));
  const kept = objects.filter(({ page, leaf }) => page !== undefined || tables.has(leaf?.gfn));
  return kept.length === 0 ? objects : kept;
}

/** Reads a trace up to the end of a part. */
export class PartReader {
  readonly #part: Part;
  readonly #observer = new Observer();
  readonly #validator: Validator;
  /** Of the lines of the part: the kinds of their events. */
  readonly #kinds = new Map<EventKind, number>();
  readonly #own: (line: number) => boolean;
  #fastZap = 0;

  constructor(part: Part, options: Omit<ValidationOptions, 'rules' | 'observe'>) {
    this.#part = part;
    this.#own =
      part.kind === 'violation'
        ? (line) => line === part.line || part.evidence.includes(line)
        : (line) => line >= part.first && line <= part.last;
    this.#validator = new Validator({
      ...options,
      rules: [],
      observe: (event, at, apply) => {
        const { number } = at.line;
        if (this.#own(number)) this.#kinds.set(event.kind, number);
        if (event.kind === 'kvm_mmu_zap_all_fast') this.#fastZap = number;
        this.#observer.see(event, at, apply);
      },
    });
  }

  /** Whether everything that counts has been read. */
  get isDone(): boolean {
    return this.#validator.reader.lines >= lastLineOf(this.#part);
  }

  line(input: InputLine): void {
    if (!this.isDone) this.#validator.line(input);
  }

  /** What the model is asked, or why it cannot be. */
  question(): Question | Extract<Explanation, { kind: 'no-counterpart' }> {
    const part = this.#part;
    const { rule } = part;
    const { happenings } = this.#observer;
    const own = happenings.filter(({ line }) => this.#own(line));
    const isTold =
      part.kind === 'lines' ? own.some(isObject) : own.some(({ line }) => line === part.line);
    const objects = own.filter(isObject);
    if (!isTold || objects.length === 0) return this.#withoutCounterpart();
    if (rule !== undefined && rule.property === undefined) {
      const because = `no property of the model says what ${rule.id} says`;
      return { kind: 'no-counterpart', because };
    }
    const unlinked = happenings.filter(({ act, line }) => act !== 'page-linked' || this.#own(line));
    const whole = this.#pattern(part.kind === 'lines' ? own : happenings, objects, true);
    const core =
      part.kind === 'lines'
        ? this.#pattern(own, withoutPlainLeaves(objects), true)
        : this.#pattern(unlinked, objects, false);
    const first = whole.items[0]?.line ?? 0;
    if (this.#fastZap > first) {
      const because = `line ${this.#fastZap}: ${withoutCounterpart.kvm_mmu_zap_all_fast}`;
      return { kind: 'no-counterpart', because };
    }
    const isSame = whole.items.length === core.items.length;
    return {
      whole: isSame ? core : whole,
      core,
      property: rule?.property,
      isViolation: rule !== undefined,
    };
  }

  #pattern(all: readonly Witnessed[], objects: readonly Witnessed[], andPages: boolean): Pattern {
    const { kinds, vcpuThreads: vcpus } = this.#observer;
    const shown = shownBy.flatMap(([kind, act]) => (kinds.has(kind) ? [act] : []));
    return patternOf(all, focusOf(objects, andPages), {
      visible: new Set([...always, ...shown]),
      vcpus,
    });
  }

  #withoutCounterpart(): Extract<Explanation, { kind: 'no-counterpart' }> {
    const reasons = [...this.#kinds].flatMap(([kind, line]) => {
      const why = withoutCounterpart[kind];
      return why === undefined ? [] : [`line ${line}: ${why}`];
    });
    const rest = 'no shadow page and no leaf of one changes in these lines';
    return { kind: 'no-counterpart', because: reasons[0] ?? rest };
  }
}
