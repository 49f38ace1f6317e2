/**
 * A search of the model for a run in which what a pattern says happens, in its order.
 *
 * The states are those of the model together with the place in the pattern. States that are further
 * in the pattern come first, among equals those of shorter runs; every state is visited once, hence
 * a search that ends without a run has seen all of them.
 */
import type { Kvm } from '../../../model/index.ts';
import { ModelAssumptionError, type Machine } from '../../engine/machine/index.ts';
import { compileMachine, type Program } from '../../engine/program.ts';
import { Matcher, type Place } from './match.ts';
import { happeningsOf } from './model-happenings.ts';
import type { Pattern } from './pattern.ts';

export interface SearchLimits {
  /** Most states. */
  readonly states: number;
  /** Whether to give up: time is over, or somebody asks. */
  readonly isOver: () => boolean;
}

export interface GuidedRun {
  /** Numbers of the instances of the machine. */
  readonly steps: readonly number[];
  /** By item of the pattern: the number of its step, from 1. */
  readonly stepOf: readonly number[];
  readonly renamed: ReturnType<Matcher['renamed']>;
  /** Step at which the wanted property first breaks, from 1. */
  readonly brokenAt: number | undefined;
}

export type GuidedOutcome =
  | { readonly kind: 'found'; readonly run: GuidedRun; readonly states: number }
  | { readonly kind: 'none'; readonly states: number; readonly reached: number }
  | {
      readonly kind: 'bound';
      readonly bound: 'states' | 'time';
      readonly states: number;
      /** Most items of the pattern that some run shows. */
      readonly reached: number;
    };

/** Steps after the last item in which what it led to must show. */
const aftermath = 12;
/** States between two looks at the clock. */
const stride = 256;

interface Node extends Place {
  readonly words: Int32Array;
  /** Undefined: the initial state. */
  readonly parent: Node | undefined;
  readonly instance: number;
  readonly depth: number;
  /** Step at which the property broke. */
  readonly brokenAt: number | undefined;
  /** Depth at which the pattern was complete. */
  readonly completeAt: number | undefined;
}

class GuidedSearch {
  readonly #program: Program<Kvm>;
  readonly #matcher: Matcher;
  readonly #limits: SearchLimits;
  /** Whether a run counts only when the property breaks. */
  readonly #mustBreak: boolean;
  readonly #seen = new Set<string>();
  #reached = 0;
  /** By position: nodes to expand, oldest first. */
  readonly #waiting: { readonly nodes: Node[]; next: number }[];

  constructor(machine: Machine<Kvm>, pattern: Pattern, limits: SearchLimits) {
    this.#program = compileMachine(machine);
    this.#matcher = new Matcher(pattern, this.#program.current.geometry.entries);
    this.#limits = limits;
    this.#mustBreak = machine.properties.length > 0;
    this.#waiting = Array.from({ length: pattern.items.length + 1 }, () => ({
      nodes: [],
      next: 0,
    }));
  }

  run(): GuidedOutcome {
    const program = this.#program;
    program.initialise(0);
    const none = { parent: undefined, instance: -1, depth: 0 };
    const open = { brokenAt: undefined, completeAt: undefined };
    this.#add({ ...this.#matcher.start, ...none, ...open });
    for (let expanded = 1; ; expanded += 1) {
      const node = this.#take();
      const states = this.#seen.size;
      const reached = this.#reached;
      if (node === undefined) return { kind: 'none', states, reached };
      const found = this.#expand(node);
      if (found !== undefined) return { kind: 'found', run: this.#runTo(found), states };
      if (states > this.#limits.states) return { kind: 'bound', bound: 'states', states, reached };
      if (expanded % stride === 0 && this.#limits.isOver()) {
        return { kind: 'bound', bound: 'time', states, reached };
      }
    }
  }

  #take(): Node | undefined {
    for (let at = this.#waiting.length - 1; at >= 0; at -= 1) {
      const queue = this.#waiting[at];
      const node = queue?.nodes[queue.next];
      if (queue === undefined || node === undefined) continue;
      queue.next += 1;
      return node;
    }
    return undefined;
  }

  /** The program holds the state of `node`. */
  #add(node: Omit<Node, 'words'>): void {
    const { position, binding, brokenAt } = node;
    const place = `${position}${brokenAt === undefined ? '' : '!'} ${binding.join(',')}`;
    const key = `${this.#program.fingerprint()} ${place}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#reached = Math.max(this.#reached, position);
    this.#waiting[position]?.nodes.push({ ...node, words: this.#program.save() });
  }

  /** Returns the end of a run that was looked for, if a step leads to one. */
  #expand(node: Node): Node | undefined {
    const program = this.#program;
    const { completeAt, depth } = node;
    if (completeAt !== undefined && depth - completeAt >= aftermath) return undefined;
    program.load(node.words);
    for (let id = 0; id < program.instances.length; id += 1) {
      if (!this.#execute(id, node)) continue;
      const end = this.#step(node, id);
      if (end !== undefined) return end;
      program.load(node.words);
    }
    return undefined;
  }

  /** A mutant may lead to where the model does not go on. A disabled step changes nothing. */
  #execute(id: number, { words }: Node): boolean {
    try {
      return this.#program.execute(id);
    } catch (error) {
      if (!(error instanceof ModelAssumptionError)) throw error;
      this.#program.load(words);
      return false;
    }
  }

  #step(node: Node, instance: number): Node | undefined {
    const program = this.#program;
    const { machine, before, current } = program;
    const name = machine.transitions[program.instance(instance).transition]?.name ?? '';
    const places = this.#matcher.advance(node, happeningsOf(before, current, name));
    if (places.length === 0) return undefined;
    const depth = node.depth + 1;
    const breaks = node.brokenAt === undefined && program.evaluate(instance).length > 0;
    for (const place of places) {
      const items = this.#matcher.items.length;
      // What breaks before the last item but one is another story.
      if (breaks && place.position < items - 1) continue;
      const brokenAt = breaks ? depth : node.brokenAt;
      const isComplete = place.position === items;
      const completeAt = isComplete ? (node.completeAt ?? depth) : undefined;
      const { position, binding } = place;
      const next = { position, binding, parent: node, instance, depth, brokenAt, completeAt };
      const isEnd = isComplete && (brokenAt !== undefined || !this.#mustBreak);
      if (isEnd) return { ...next, words: program.save() };
      this.#add(next);
    }
    return undefined;
  }

  #runTo(end: Node): GuidedRun {
    const steps: number[] = [];
    const stepOf: number[] = [];
    for (let node: Node = end; node.parent !== undefined; node = node.parent) {
      steps.unshift(node.instance);
      for (let i = node.parent.position; i < node.position; i += 1) stepOf[i] = node.depth;
    }
    const renamed = this.#matcher.renamed(end.binding);
    return { steps, stepOf, renamed, brokenAt: end.brokenAt };
  }
}

/**
 * Looks for a run of `machine` that shows the pattern; when the machine has properties, for one
 * that breaks one of them at the end of it.
 */
export const searchFor = (
  machine: Machine<Kvm>,
  pattern: Pattern,
  limits: SearchLimits,
): GuidedOutcome => new GuidedSearch(machine, pattern, limits).run();
