/** Which bits of a state vector named fields occupy. */
import { elementPlace, maskOf, vectorWords, type RecordShape, type Shape } from './shape.ts';

/** Marks the part of `shape` that `path` names; an empty path names all of it. */
function mark(mask: Int32Array, shape: Shape, path: readonly string[], word: number, bit: number) {
  if (path.length === 0 && shape.words === 0) {
    mask[word] = (mask[word] ?? 0) | ((maskOf(shape.bits) << bit) >>> 0);
    return;
  }
  if (shape.kind === 'array') {
    for (let i = 0; i < shape.layout.size; i++) {
      const place = elementPlace(shape, i);
      mark(mask, shape.element, path, word + place.word, bit + place.bit);
    }
    return;
  }
  const [name, ...rest] = path;
  const fields = shape.kind === 'record' ? shape.fields : [];
  const named = name === undefined ? fields : fields.filter((field) => field.name === name);
  if (named.length === 0) throw new RangeError(`there is no field ${name ?? ''}`);
  for (const field of named) mark(mask, field.shape, rest, word + field.word, bit + field.bit);
}

/**
 * One word of mask for each word of the vector. A path names a field (`vcpu.ghost_tlb`), all that
 * is below it counts, and so do all elements of the arrays on the way.
 * Errors: `RangeError` for a path that the layout does not have.
 */
export function maskOfPaths(shape: RecordShape, paths: readonly string[]): Int32Array {
  const mask = new Int32Array(vectorWords(shape));
  for (const path of paths) {
    try {
      mark(mask, shape, path.split('.'), 0, 0);
    } catch (error) {
      throw new RangeError(`layout: no field ${path}`, { cause: error });
    }
  }
  return mask;
}
