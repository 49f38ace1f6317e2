/** How rules about traces are written, and how what they find is kept. */
import type { EventKind, EventOf, TraceEvent } from '../read/event.ts';
import type { TraceLine } from '../read/line.ts';
import { spteText, type Spte } from '../read/spte.ts';
import type { Thread } from '../track/thread.ts';
import type { Vm } from '../track/vm.ts';

/** Where an event stands. The state is the one before the event. */
export interface Moment {
  readonly vm: Vm;
  readonly thread: Thread;
  readonly line: TraceLine;
}

export interface Evidence {
  readonly line: number;
  readonly what: string;
}

export interface Broken {
  readonly message: string;
  /** Lines that it depends on, in order. */
  readonly because?: readonly (Evidence | undefined)[];
  /** The objects concerned, one per line. */
  readonly objects?: readonly string[];
}

export interface Violation extends Broken {
  readonly rule: string;
  readonly line: number;
}

/**
 * How far back a rule looks. `line`: the event alone. `section`: what the same thread did since its
 * last entry into a guest. `history`: everything since the VM began; after events went missing,
 * such a rule cannot tell.
 */
export type Memory = 'line' | 'section' | 'history';

export type Handlers = {
  readonly [K in EventKind]?: (event: EventOf<K>, at: Moment) => void;
};

export interface TraceRule {
  readonly id: string;
  readonly says: string;
  readonly why: string;
  /** Kernel functions. */
  readonly source: readonly string[];
  /** Names of events and probes without which it has no cases. */
  readonly needs: readonly string[];
  /** At least one of these is needed too. */
  readonly needsOneOf?: readonly string[];
  /** Which setups can exercise it. */
  readonly modes: string;
  readonly kernels: string;
  readonly memory: Memory;
  /** The property of the model that says the same. */
  readonly property?: string;
  /** An observation is reported and counted, and refuses no trace. */
  readonly observation?: true;
  readonly watch: (judge: Judge) => Handlers;
}

/** Violations that are kept; all are counted. */
const keptViolations = 100;

export class Judge {
  readonly #rule: TraceRule;
  readonly violations: Violation[] = [];
  cases = 0;
  broken = 0;
  /** Cases that missing events left open. */
  untold = 0;
  /** Order: of lines. */
  readonly #brokenLines: number[] = [];

  constructor(rule: TraceRule) {
    this.#rule = rule;
  }

  /** The antecedent holds. `problem`: the conclusion does not. */
  judge(at: Moment, problem: () => Broken | undefined): void {
    if (this.#rule.memory === 'history' && at.vm.complete === false) {
      this.untold += 1;
      return;
    }
    this.cases += 1;
    const broken = problem();
    if (broken === undefined) return;
    this.broken += 1;
    this.#brokenLines.push(at.line.number);
    if (this.violations.length >= keptViolations) return;
    this.violations.push({ rule: this.#rule.id, line: at.line.number, ...broken });
  }

  /** Takes back what was found from this line on, because an event before it may be missing. */
  retract(since: number): void {
    if (this.#rule.memory === 'line') return;
    while ((this.#brokenLines.at(-1) ?? 0) >= since) {
      this.#brokenLines.pop();
      this.broken -= 1;
      this.cases -= 1;
      this.untold += 1;
      if (this.violations.length > this.broken) this.violations.pop();
    }
  }

  /** The antecedent holds, and what is needed to judge it is not known. */
  cannotTell(): void {
    this.untold += 1;
  }
}

export const dispatch = (handlers: Handlers, event: TraceEvent, at: Moment): void => {
  const handler = handlers[event.kind] as ((event: TraceEvent, at: Moment) => void) | undefined;
  handler?.(event, at);
};

export const hex = (n: number): string => n.toString(16);

export const leafText = (leaf: {
  readonly gfn: number;
  readonly level: number;
  readonly spte: Spte;
  readonly line: number;
}): string =>
  `leaf gfn ${hex(leaf.gfn)} level ${leaf.level} spte ${spteText(leaf.spte)} (line ${leaf.line})`;
