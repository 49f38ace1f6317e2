/** Placeholder. */
export interface Canonicaliser {
  readonly canonicalise: (words: Int32Array) => void;
}
import type { Pool } from '../machine/index.ts';
import type { RecordShape } from '../state/shape.ts';
export function compileSymmetry(
  _shape: RecordShape,
  _pools: readonly Pool[],
): Canonicaliser | null {
  return null;
}
