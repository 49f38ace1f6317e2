/** What generated accessors refer to at run time: shared array views and the checks. */
import { ModelAssumptionError } from '../machine/index.ts';

/** View of an array of views; one class for all, so that call sites stay monomorphic. */
export class ViewArray<V> {
  readonly items: readonly V[];
  readonly length: number;

  constructor(items: readonly V[]) {
    this.items = items;
    this.length = items.length;
  }

  at(index: number): V {
    return this.items[index] as V;
  }
}

/** The same with bounds checked. */
export class CheckedViewArray<V> {
  readonly items: readonly V[];
  readonly length: number;

  constructor(items: readonly V[]) {
    this.items = items;
    this.length = items.length;
  }

  at(index: number): V {
    checkIndex(index, this.length, 'array index');
    return this.items[index] as V;
  }
}

/** Errors: `ModelAssumptionError` when `index` is not one of `0..size-1`. */
export function checkIndex(index: number, size: number, what: string): void {
  if (Number.isInteger(index) && index >= 0 && index < size) return;
  throw new ModelAssumptionError(`${what} is within 0..${size - 1}, not ${String(index)}`);
}

/** Errors: always; a value outside the domain of a field was written. */
export function rejectValue(value: unknown, what: string): never {
  throw new ModelAssumptionError(`${what} does not take the value ${String(value)}`);
}

/** Number of set bits of a word. */
export function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
