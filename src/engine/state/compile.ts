/** From a layout to cursors: a vector of words with typed accessor views over it. */
import type { Fields, RecordLayout, RecordView } from '../machine/index.ts';
import { closureViews } from './closures.ts';
import { generateViews } from './generate.ts';
import { shapeOf, vectorWords, type RecordShape } from './shape.ts';
import { snapshotOf, type Plain } from './snapshot.ts';

export type { Plain } from './snapshot.ts';

export type PlainRecord = { readonly [name: string]: Plain };

export interface CompileOptions {
  /** Range-checks every write and index. Default: `false`. */
  readonly checked?: boolean;
  /** `closures` needs no code generation and is always checked. Default: `generated`. */
  readonly backend?: 'generated' | 'closures';
}

/** One vector and the view graph bound to it for good. */
export interface Cursor<F extends Fields> {
  readonly words: Int32Array;
  readonly view: RecordView<F>;
}

export interface CompiledLayout<F extends Fields> {
  readonly layout: RecordLayout<F>;
  readonly shape: RecordShape;
  /** Length of a state vector. */
  readonly words: number;
  /** A new vector of zeros with its views. Pass `words` to bind the views to a given vector. */
  createCursor(words?: Int32Array): Cursor<F>;
  /** Plain JSON copy of a view of this layout, in field order. */
  snapshot(view: RecordView<F>): PlainRecord;
}

/** Errors: `RangeError` when a part of the layout cannot be placed. */
export function compileLayout<F extends Fields>(
  layout: RecordLayout<F>,
  options: CompileOptions = {},
): CompiledLayout<F> {
  const shape = shapeOf(layout);
  const words = vectorWords(shape);
  const createView =
    options.backend === 'closures'
      ? closureViews(shape)
      : generateViews(shape, options.checked ?? false);
  return {
    layout,
    shape,
    words,
    createCursor: (vector = new Int32Array(words)) => ({
      words: vector,
      view: createView(vector) as RecordView<F>,
    }),
    snapshot: (view) => snapshotOf(layout, view) as PlainRecord,
  };
}
