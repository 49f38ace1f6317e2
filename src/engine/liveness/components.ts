/**
 * Strongly connected components of the states in which one goal is pending: Tarjan's algorithm
 * with a stack of its own, in pieces.
 */
import type { Fields } from '../machine/index.ts';
import type { ProgressGraph } from './graph.ts';

/** `low` of a state whose component is known. */
const DONE = 0x7fffffff;

export class Components<S, F extends Fields> {
  readonly #graph: ProgressGraph<S, F>;
  /** When a state was entered, from 1; the negative number of its component once known. */
  readonly #entered: Int32Array;
  /** The earliest state on the stack that is reached from it; 0: not entered. */
  readonly #low: Int32Array;
  readonly #stack: Int32Array;
  /** The states being visited, each with the step that comes next. */
  readonly #path: Int32Array;
  readonly #next: Int32Array;
  #goal = 0;
  #root = 0;
  #depth = 0;
  #height = 0;
  #count = 0;
  #components = 0;

  constructor(graph: ProgressGraph<S, F>) {
    this.#graph = graph;
    this.#entered = new Int32Array(graph.size);
    this.#low = new Int32Array(graph.size);
    this.#stack = new Int32Array(graph.size);
    this.#path = new Int32Array(graph.size);
    this.#next = new Int32Array(graph.size);
  }

  /** Starts on another goal. */
  begin(goal: number): void {
    this.#goal = 1 << goal;
    this.#low.fill(0);
    this.#root = 0;
    this.#depth = 0;
    this.#height = 0;
    this.#count = 0;
    this.#components = 0;
  }

  /** Whether two states of the component just found, or one of it and another, belong together. */
  areTogether(x: number, y: number): boolean {
    return this.#low[x] === DONE && this.#low[y] === DONE && this.#entered[x] === this.#entered[y];
  }

  /** Takes about `turns` steps; `onComponent` gets the states of each one found. True: finished. */
  run(turns: number, onComponent: (states: Int32Array) => void): boolean {
    for (let turn = 0; turn < turns; turn++) {
      if (this.#depth > 0) {
        this.#advance(onComponent);
        continue;
      }
      if (this.#root === this.#graph.size) return true;
      const id = this.#root++;
      if (this.#isWanted(id) && this.#low[id] === 0) this.#enter(id);
    }
    return false;
  }

  #isWanted(id: number): boolean {
    return ((this.#graph.pending[id] as number) & this.#goal) !== 0;
  }

  #enter(id: number): void {
    this.#count++;
    this.#entered[id] = this.#count;
    this.#low[id] = this.#count;
    this.#stack[this.#height++] = id;
    this.#path[this.#depth] = id;
    this.#next[this.#depth++] = this.#graph.firstOf[id] as number;
  }

  #advance(onComponent: (states: Int32Array) => void): void {
    const top = this.#depth - 1;
    const id = this.#path[top] as number;
    const step = this.#next[top] as number;
    if (step === this.#graph.endOf[id]) return this.#leave(id, onComponent);
    this.#next[top] = step + 1;
    const target = this.#graph.targets[step] as number;
    if (!this.#isWanted(target)) return;
    const low = this.#low[target] as number;
    if (low === 0) this.#enter(target);
    else if (low !== DONE) this.#lower(id, this.#entered[target] as number);
  }

  #lower(id: number, reached: number): void {
    if (reached < (this.#low[id] as number)) this.#low[id] = reached;
  }

  #leave(id: number, onComponent: (states: Int32Array) => void): void {
    this.#depth--;
    const low = this.#low[id] as number;
    if (this.#depth > 0) this.#lower(this.#path[this.#depth - 1] as number, low);
    if (low !== this.#entered[id]) return;
    const end = this.#height;
    this.#components++;
    for (let member = -1; member !== id;) {
      member = this.#stack[--this.#height] as number;
      this.#low[member] = DONE;
      this.#entered[member] = -this.#components;
    }
    onComponent(this.#stack.subarray(this.#height, end));
  }
}
