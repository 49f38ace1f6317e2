/**
 * Accessors from closures, without code generation: slower, plainly readable, and the second
 * opinion that tests compare the generated accessors with. Always checked.
 */
import type { Scalar } from '../machine/index.ts';
import { CheckedViewArray, checkIndex, countBits, rejectValue } from './runtime.ts';
import {
  elementPlace,
  maskOf,
  type ArrayShape,
  type BitsetShape,
  type Place,
  type RecordShape,
  type Shape,
} from './shape.ts';

interface Cell {
  get(): number;
  set(code: number): void;
}

function cellAt(words: Int32Array, { word, bit }: Place, bits: number): Cell {
  const mask = maskOf(bits) | 0;
  return {
    get: () => (((words[word] ?? 0) >>> bit) & mask) >>> 0,
    set: (code) => {
      words[word] = ((words[word] ?? 0) & ~(mask << bit)) | ((code & mask) << bit);
    },
  };
}

function decode(scalar: Scalar<unknown>, code: number): unknown {
  switch (scalar.codec) {
    case 'bool':
      return code !== 0;
    case 'one-of':
      return scalar.names?.[code];
    case 'optional-ref':
      return code === 0 ? null : code - 1;
    case 'uint':
    case 'ref':
      return code;
  }
}

function encode(scalar: Scalar<unknown>, value: unknown, path: string): number {
  const within = (size: number): number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < size
      ? value
      : rejectValue(value, path);
  switch (scalar.codec) {
    case 'bool':
      return typeof value === 'boolean' && Number(value) < scalar.cardinality
        ? Number(value)
        : rejectValue(value, path);
    case 'one-of': {
      const code = (scalar.names ?? []).indexOf(String(value));
      return code < 0 ? rejectValue(value, path) : code;
    }
    case 'optional-ref':
      return value === null ? 0 : within(scalar.cardinality - 1) + 1;
    case 'uint':
    case 'ref':
      return within(scalar.cardinality);
  }
}

const shift = (base: Place, offset: Place): Place => ({
  word: base.word + offset.word,
  bit: base.bit + offset.bit,
});

function bitsetView(words: Int32Array, shape: BitsetShape, at: Place, path: string): unknown {
  const cell = cellAt(words, at, shape.bits);
  const { size } = shape.layout;
  const bitOf = (index: number): number => {
    checkIndex(index, size, `member of ${path}`);
    return 1 << index;
  };
  return {
    get bits() {
      return cell.get();
    },
    set bits(value: number) {
      if (!Number.isInteger(value) || value < 0 || value > maskOf(size)) rejectValue(value, path);
      cell.set(value);
    },
    has: (index: number) => (cell.get() & bitOf(index)) !== 0,
    add: (index: number) => cell.set(cell.get() | bitOf(index)),
    delete: (index: number) => cell.set(cell.get() & ~bitOf(index)),
    count: () => countBits(cell.get()),
  };
}

function arrayView(words: Int32Array, shape: ArrayShape, at: Place, path: string): unknown {
  const places = Array.from({ length: shape.layout.size }, (_, index) =>
    shift(at, elementPlace(shape, index)),
  );
  const { element } = shape;
  if (element.kind !== 'scalar') {
    return new CheckedViewArray(places.map((place) => viewAt(words, element, place, `${path}[]`)));
  }
  const cells = places.map((place) => cellAt(words, place, element.bits));
  const cellOf = (index: number): Cell => {
    checkIndex(index, cells.length, `index of ${path}`);
    return cells[index] as Cell;
  };
  return {
    length: cells.length,
    get: (index: number) => decode(element.layout, cellOf(index).get()),
    set: (index: number, value: unknown) => cellOf(index).set(encode(element.layout, value, path)),
  };
}

function recordView(words: Int32Array, shape: RecordShape, at: Place, path: string): unknown {
  const view = {};
  for (const field of shape.fields) {
    const place = shift(at, field);
    const inner = path === '' ? field.name : `${path}.${field.name}`;
    const part = field.shape;
    if (part.kind === 'scalar') {
      const cell = cellAt(words, place, part.bits);
      Object.defineProperty(view, field.name, {
        enumerable: true,
        get: () => decode(part.layout, cell.get()),
        set: (value: unknown) => {
          cell.set(encode(part.layout, value, inner));
        },
      });
    } else {
      const value = viewAt(words, part, place, inner);
      Object.defineProperty(view, field.name, { enumerable: true, value });
    }
  }
  return view;
}

function viewAt(words: Int32Array, shape: Shape, at: Place, path: string): unknown {
  switch (shape.kind) {
    case 'record':
      return recordView(words, shape, at, path);
    case 'array':
      return arrayView(words, shape, at, path);
    case 'bitset':
      return bitsetView(words, shape, at, path);
    case 'scalar':
      throw new TypeError('a scalar has no view');
  }
}

/** Builds the closure views of a root record over a vector. */
export const closureViews =
  (shape: RecordShape) =>
  (words: Int32Array): unknown =>
    viewAt(words, shape, { word: 0, bit: 0 }, '');
