/**
 * Accessor classes as source text: one class per record, scalar array and bit set of the layout,
 * with literal shifts and masks. An aligned class has a word base, a packed one also a bit base.
 */
import type { Scalar } from '../machine/index.ts';
import * as runtime from './runtime.ts';
import {
  elementPlace,
  maskOf,
  type ArrayShape,
  type BitsetShape,
  type RecordShape,
  type ScalarShape,
  type Shape,
} from './shape.ts';

/** Builds the view graph of a root record over a vector. */
export type ViewFactory = (words: Int32Array) => unknown;

/** Address expressions of one scalar or bit set inside a generated method. */
interface Address {
  readonly word: string;
  readonly shift: string;
}

const isPacked = (shape: Shape): boolean => shape.words === 0;

const addressIn = (owner: Shape, word: number, bit: number): Address =>
  isPacked(owner)
    ? { word: 'this.$w', shift: bit === 0 ? 'this.$b' : `(this.$b + ${bit})` }
    : { word: word === 0 ? 'this.$w' : `this.$w + ${word}`, shift: String(bit) };

const quote = (text: string): string => JSON.stringify(text);
const maskText = (bits: number): string => `0x${maskOf(bits).toString(16)}`;

const readRaw = ({ word, shift }: Address, bits: number): string =>
  shift === '0'
    ? `(m[${word}] & ${maskText(bits)})`
    : `((m[${word}] >>> ${shift}) & ${maskText(bits)})`;

const writeRaw = ({ word, shift }: Address, bits: number, value: string): string =>
  `{ const w = ${word}, s = ${shift};
m[w] = (m[w] & ~(${maskText(bits)} << s)) | ((${value}) << s); }`;

/** Expression from the raw code to what model code sees. */
function decode(scalar: Scalar<unknown>, raw: string, names: string): string {
  switch (scalar.codec) {
    case 'bool':
      return `${raw} !== 0`;
    case 'one-of':
      return `${names}[${raw}]`;
    case 'optional-ref':
      return `(c = ${raw}, c === 0 ? null : c - 1)`;
    case 'uint':
    case 'ref':
      return raw;
  }
}

/** Statements that turn `v` into the code `c`, with the range check when asked for. */
function encode(scalar: Scalar<unknown>, what: string, checked: boolean): string {
  const reject = `runtime.rejectValue(v, ${quote(what)})`;
  const integer = `Number.isInteger(v) && v >= 0`;
  switch (scalar.codec) {
    case 'bool': {
      const wrong = scalar.cardinality === 1 ? 'v !== false' : `typeof v !== 'boolean'`;
      return `${checked ? `if (${wrong}) ${reject};` : ''} const c = v ? 1 : 0;`;
    }
    case 'one-of': {
      const names = scalar.names ?? [];
      const chain = names.map((name, code) => `v === ${quote(name)} ? ${code} : `).join('');
      return `const c = ${chain}${reject};`;
    }
    case 'optional-ref': {
      const guard = `if (v !== null && !(${integer} && v < ${scalar.cardinality - 1})) ${reject};`;
      return `${checked ? guard : ''} const c = v === null ? 0 : v + 1;`;
    }
    case 'uint':
    case 'ref': {
      const guard = `if (!(${integer} && v < ${scalar.cardinality})) ${reject};`;
      return `${checked ? guard : ''} const c = v;`;
    }
  }
}

class Generator {
  readonly classes: string[] = [];
  readonly constants: (readonly string[])[] = [];
  readonly #names = new Map<Shape, string>();
  readonly #checked: boolean;

  constructor(checked: boolean) {
    this.#checked = checked;
  }

  /** Expression that creates the view of `shape` at the given base expressions. */
  create(shape: Shape, path: string, word: string, bit: string): string {
    if (shape.kind === 'array' && shape.element.kind !== 'scalar') {
      const items = Array.from({ length: shape.layout.size }, (_, index) => {
        const place = elementPlace(shape, index);
        const at = (base: string, offset: number) => (offset === 0 ? base : `${base} + ${offset}`);
        return this.create(shape.element, `${path}[]`, at(word, place.word), at(bit, place.bit));
      });
      const kind = this.#checked ? 'CheckedViewArray' : 'ViewArray';
      return `new runtime.${kind}([${items.join(', ')}])`;
    }
    return `new ${this.classOf(shape, path)}(m, ${word}, ${bit})`;
  }

  classOf(shape: Shape, path: string): string {
    const known = this.#names.get(shape);
    if (known !== undefined) return known;
    const name = `View${this.#names.size}_${path.replace(/[^A-Za-z0-9]+/g, '_')}`;
    this.#names.set(shape, name);
    this.classes.push(this.#classText(name, shape, path));
    return name;
  }

  #classText(name: string, shape: Shape, path: string): string {
    const base = `this.$m = m; this.$w = w; ${isPacked(shape) ? 'this.$b = b;' : ''}`;
    const wrap = (init: string, body: string): string =>
      `class ${name} {\nconstructor(m, w, b) { ${base} ${init} }\n${body}\n}`;
    switch (shape.kind) {
      case 'record':
        return this.#recordText(shape, path, wrap);
      case 'bitset':
        return wrap('', bitsetBody(shape, path, this.#checked));
      case 'array':
        return wrap(`this.length = ${shape.layout.size};`, this.#scalarArrayBody(shape, path));
      case 'scalar':
        throw new TypeError('a scalar has no view');
    }
  }

  #recordText(
    shape: RecordShape,
    path: string,
    wrap: (init: string, body: string) => string,
  ): string {
    const init: string[] = [];
    const body: string[] = [];
    for (const field of shape.fields) {
      const inner = path === '' ? field.name : `${path}.${field.name}`;
      if (field.shape.kind === 'scalar') {
        const address = addressIn(shape, field.word, field.bit);
        body.push(this.#scalarAccessors(field.name, field.shape, inner, address));
      } else {
        const word = field.word === 0 ? 'w' : `w + ${field.word}`;
        const bit = isPacked(shape) ? `b + ${field.bit}` : String(field.bit);
        init.push(`this.${field.name} = ${this.create(field.shape, inner, word, bit)};`);
      }
    }
    return wrap(init.join(' '), body.join('\n'));
  }

  #scalarAccessors(name: string, shape: ScalarShape, path: string, address: Address): string {
    const raw = readRaw(address, shape.bits);
    const scalar = shape.layout;
    const read = decode(scalar, raw, this.#table(scalar));
    const store = encode(scalar, path, this.#checked);
    const write = writeRaw(address, shape.bits, 'c');
    return `get ${name}() { const m = this.$m; let c; return ${read}; }
set ${name}(v) { ${store} const m = this.$m; ${write} }`;
  }

  #scalarArrayBody(shape: ArrayShape, path: string): string {
    const scalar = shape.element.layout as Scalar<unknown>;
    const { bits } = shape.element;
    const check = this.#checked
      ? `runtime.checkIndex(i, ${shape.layout.size}, ${quote(`index of ${path}`)});`
      : '';
    const address: Address = isPacked(shape)
      ? { word: 'this.$w', shift: `(this.$b + ${bits === 1 ? 'i' : `i * ${bits}`})` }
      : {
          word: `this.$w + ((i / ${shape.perWord}) | 0)`,
          shift: `((i % ${shape.perWord}) * ${bits})`,
        };
    const read = decode(scalar, readRaw(address, bits), this.#table(scalar));
    const store = encode(scalar, path, this.#checked);
    const write = writeRaw(address, bits, 'c');
    return `get(i) { ${check} const m = this.$m; let c; return ${read}; }
set(i, v) { ${check} ${store} const m = this.$m; ${write} }`;
  }

  /** Name of the constant that holds the words of a `one-of`. */
  #table(scalar: Scalar<unknown>): string {
    if (scalar.names === undefined) return '';
    let index = this.constants.indexOf(scalar.names);
    if (index < 0) index = this.constants.push(scalar.names) - 1;
    return `names${index}`;
  }
}

function bitsetBody(shape: BitsetShape, path: string, checked: boolean): string {
  const { size } = shape.layout;
  const mask = maskText(size);
  const check = checked ? `runtime.checkIndex(i, ${size}, ${quote(`member of ${path}`)});` : '';
  const within = `Number.isInteger(v) && v >= 0 && v <= ${mask}`;
  const range = checked ? `if (!(${within})) runtime.rejectValue(v, ${quote(path)});` : '';
  return `get bits() { return ((this.$m[this.$w] >>> this.$b) & ${mask}) >>> 0; }
set bits(v) { ${range} const m = this.$m, w = this.$w, s = this.$b;
  m[w] = (m[w] & ~(${mask} << s)) | ((v & ${mask}) << s); }
has(i) { ${check} return ((this.$m[this.$w] >>> (this.$b + i)) & 1) !== 0; }
add(i) { ${check} this.$m[this.$w] |= 1 << (this.$b + i); }
delete(i) { ${check} this.$m[this.$w] &= ~(1 << (this.$b + i)); }
count() { return runtime.countBits((this.$m[this.$w] >>> this.$b) & ${mask}); }`;
}

/** Compiles accessor classes with `new Function`. The input is the layout alone. */
export function generateViews(shape: RecordShape, checked: boolean): ViewFactory {
  const generator = new Generator(checked);
  const root = generator.create(shape, '', '0', '0');
  const tables = generator.constants.map(
    (_, index) => `const names${index} = constants[${index}];`,
  );
  const source = [
    '"use strict";',
    ...tables,
    ...generator.classes,
    `return function createView(m) { return ${root}; };`,
  ].join('\n');
  // Reviewed: the text is made from shapes and validated field names, never from input.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const build = new Function('runtime', 'constants', source) as (
    library: typeof runtime,
    constants: readonly (readonly string[])[],
  ) => ViewFactory;
  return build(runtime, generator.constants);
}
