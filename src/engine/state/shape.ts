/**
 * Placement: where each part of a layout lives in the vector of 32-bit words.
 *
 * A part of at most 32 bits is packed: it has no alignment and never straddles a word. A larger
 * part is aligned: it starts on a word, and in it the aligned parts come first, then the packed
 * ones, each in the first word with room (declared order, hence deterministic).
 */
import type {
  ArrayLayout,
  Bitset,
  Fields,
  Layout,
  RecordLayout,
  Scalar,
} from '../machine/index.ts';

export const WORD_BITS = 32;

interface Extent {
  /** Size of a packed part; 0 for an aligned one. */
  readonly bits: number;
  /** Size of an aligned part in words; 0 for a packed one. */
  readonly words: number;
}

export interface ScalarShape extends Extent {
  readonly kind: 'scalar';
  readonly layout: Scalar<unknown>;
}

export interface BitsetShape extends Extent {
  readonly kind: 'bitset';
  readonly layout: Bitset;
}

export interface ArrayShape extends Extent {
  readonly kind: 'array';
  readonly layout: ArrayLayout<Layout>;
  readonly element: Shape;
  /** Elements in one word; 0 when the elements are aligned themselves. */
  readonly perWord: number;
}

export interface FieldShape {
  readonly name: string;
  readonly shape: Shape;
  /** Place relative to the start of the record. */
  readonly word: number;
  readonly bit: number;
}

export interface RecordShape extends Extent {
  readonly kind: 'record';
  readonly layout: RecordLayout<Fields>;
  /** In declared order, whatever the order of the places. */
  readonly fields: readonly FieldShape[];
}

export type Shape = ScalarShape | BitsetShape | ArrayShape | RecordShape;

/** A place in the vector: the word, and the lowest bit in it. */
export interface Place {
  readonly word: number;
  readonly bit: number;
}

/** Bits needed for `cardinality` values. */
export const bitsFor = (cardinality: number): number =>
  cardinality <= 1 ? 0 : WORD_BITS - Math.clz32(cardinality - 1);

/** The `bits` lowest bits set, as an unsigned number. */
export const maskOf = (bits: number): number => 2 ** bits - 1;

/** Place of element `index` of an array, relative to the start of the array. */
export function elementPlace(array: ArrayShape, index: number): Place {
  if (array.perWord === 0) return { word: index * array.element.words, bit: 0 };
  const row = Math.floor(index / array.perWord);
  return { word: row, bit: (index - row * array.perWord) * array.element.bits };
}

const reject = (path: string, sentence: string): never => {
  throw new RangeError(`layout: ${path === '' ? 'root' : path} ${sentence}`);
};

function scalarShape(layout: Scalar<unknown>, path: string): ScalarShape {
  if (
    !Number.isInteger(layout.cardinality) ||
    layout.cardinality < 1 ||
    layout.cardinality > 2 ** 31
  ) {
    reject(path, `has ${layout.cardinality} values; a scalar has 1 to 2^31`);
  }
  return { kind: 'scalar', layout, bits: bitsFor(layout.cardinality), words: 0 };
}

function bitsetShape(layout: Bitset, path: string): BitsetShape {
  if (!Number.isInteger(layout.size) || layout.size < 0 || layout.size > WORD_BITS) {
    reject(path, `has ${layout.size} members; a bit set has 0 to 32`);
  }
  return { kind: 'bitset', layout, bits: layout.size, words: 0 };
}

function arrayShape(layout: ArrayLayout<Layout>, path: string, known: Known): ArrayShape {
  const element = place(layout.element, `${path}[]`, known);
  const { size } = layout;
  if (!Number.isInteger(size) || size < 0) reject(path, `has ${size} elements`);
  if (element.words > 0) {
    return { kind: 'array', layout, element, bits: 0, words: size * element.words, perWord: 0 };
  }
  const bits = size * element.bits;
  if (bits <= WORD_BITS) {
    return { kind: 'array', layout, element, bits, words: 0, perWord: Math.max(size, 1) };
  }
  const perWord = Math.floor(WORD_BITS / element.bits);
  return { kind: 'array', layout, element, bits: 0, words: Math.ceil(size / perWord), perWord };
}

const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Places of packed parts after `words` full words: first fit, in declared order. */
function placePacked(sizes: readonly number[], words: number): { places: Place[]; words: number } {
  const used: number[] = [];
  const places = sizes.map((bits) => {
    let row = used.findIndex((taken) => taken + bits <= WORD_BITS);
    if (row < 0) row = used.push(0) - 1;
    const bit = used[row] ?? 0;
    used[row] = bit + bits;
    return { word: words + row, bit };
  });
  return { places, words: words + used.length };
}

function recordShape(layout: RecordLayout<Fields>, path: string, known: Known): RecordShape {
  const parts = Object.entries(layout.fields).map(([name, field]) => {
    const inner = path === '' ? name : `${path}.${name}`;
    if (!FIELD_NAME.test(name) || name === 'constructor' || name === '__proto__') {
      reject(inner, 'is not a usable field name');
    }
    return { name, shape: place(field, inner, known) };
  });
  const total = parts.reduce((sum, { shape }) => sum + shape.bits, 0);
  const aligned = parts.some(({ shape }) => shape.words > 0) || total > WORD_BITS;
  const packed = parts.filter(({ shape }) => shape.words === 0);
  let next = 0;
  const starts = new Map<string, Place>();
  for (const { name, shape } of parts) {
    if (shape.words === 0) continue;
    starts.set(name, { word: next, bit: 0 });
    next += shape.words;
  }
  const { places, words } = placePacked(
    packed.map(({ shape }) => shape.bits),
    next,
  );
  packed.forEach(({ name }, index) => starts.set(name, places[index] ?? { word: 0, bit: 0 }));
  const fields = parts.map(({ name, shape }) => ({
    name,
    shape,
    ...(starts.get(name) ?? { word: 0, bit: 0 }),
  }));
  return { kind: 'record', layout, fields, bits: aligned ? 0 : total, words: aligned ? words : 0 };
}

/** Shapes by layout object: a layout used in two places has one shape, hence one accessor class. */
type Known = Map<Layout, Shape>;

function newShape(layout: Layout, path: string, known: Known): Shape {
  switch (layout.kind) {
    case 'scalar':
      return scalarShape(layout, path);
    case 'bitset':
      return bitsetShape(layout, path);
    case 'array':
      return arrayShape(layout, path, known);
    case 'record':
      return recordShape(layout, path, known);
  }
}

function place(layout: Layout, path: string, known: Known): Shape {
  const shape = known.get(layout) ?? newShape(layout, path, known);
  known.set(layout, shape);
  return shape;
}

/** Computes the shape of a layout. Errors: `RangeError` naming the field that cannot be placed. */
export const shapeOf = (layout: RecordLayout<Fields>): RecordShape =>
  recordShape(layout, '', new Map());

/** Words of a whole state vector: at least one. */
export const vectorWords = (root: RecordShape): number => Math.max(root.words, 1);
