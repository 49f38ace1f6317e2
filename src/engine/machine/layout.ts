/**
 * The layout language: how a machine declares the shape of its state.
 *
 * A layout is data. It compiles (see `../state/`) to a flat vector of 32-bit words with typed
 * accessor views over it, so that model code reads as `sp.unsync = true` while an engine copies,
 * compares and hashes a state as words. All sizes are run-time parameters of a scenario, hence
 * arrays are read with `.at(i)`, which needs no index-signature escape hatch.
 *
 * A pool names a set of interchangeable identities (vCPUs, shadow-page slots). The layout knows
 * where a pool indexes an array, a bit set, or is referred to, which is all that symmetry needs.
 */

/** A named index domain `0..size-1`; also a possible symmetry class. */
export interface Pool {
  readonly kind: 'pool';
  readonly name: string;
  readonly size: number;
}

/** One number of up to 31 bits. `V` is what model code sees. */
export interface Scalar<V> {
  readonly kind: 'scalar';
  readonly codec: 'bool' | 'uint' | 'one-of' | 'ref' | 'optional-ref';
  /** Number of distinct values. */
  readonly cardinality: number;
  /** The words of a `one-of`, in order of their code. */
  readonly names?: readonly string[];
  /** The pool that a `ref` or `optional-ref` points into. */
  readonly pool?: Pool;
  /** Type-level only; never present at run time. */
  readonly _value?: V;
}

/** A set of small numbers `0..size-1`, at most 32, held in one word. */
export interface Bitset {
  readonly kind: 'bitset';
  readonly size: number;
  readonly pool?: Pool;
}

export interface ArrayLayout<E extends Layout> {
  readonly kind: 'array';
  readonly element: E;
  readonly size: number;
  /** Present when the index is an identity of this pool. */
  readonly pool?: Pool;
}

export interface RecordLayout<F extends Fields> {
  readonly kind: 'record';
  readonly fields: F;
}

export type Layout = Scalar<unknown> | Bitset | ArrayLayout<Layout> | RecordLayout<Fields>;
export type Fields = { readonly [name: string]: Layout };

/** View of a bit set. All operations act on the bound state vector. */
export interface BitsetView {
  /** The whole set as an unsigned word. */
  bits: number;
  has(index: number): boolean;
  add(index: number): void;
  delete(index: number): void;
  /** Number of members. */
  count(): number;
}

/** View of an array of records, arrays or bit sets. */
export interface ArrayView<V> {
  readonly length: number;
  at(index: number): V;
}

/** View of an array of scalars. */
export interface ScalarArrayView<V> {
  readonly length: number;
  get(index: number): V;
  set(index: number, value: V): void;
}

/** The type that model code sees for a layout. Scalars of a record are plain properties. */
export type View<L> =
  L extends Scalar<infer V>
    ? V
    : L extends Bitset
      ? BitsetView
      : L extends ArrayLayout<infer E>
        ? E extends Scalar<infer V>
          ? ScalarArrayView<V>
          : ArrayView<View<E>>
        : L extends RecordLayout<infer F>
          ? RecordView<F>
          : never;

type ScalarKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Scalar<unknown> ? K : never;
}[keyof F];

export type RecordView<F extends Fields> = {
  -readonly [K in ScalarKeys<F>]: View<F[K]>;
} & {
  readonly [K in Exclude<keyof F, ScalarKeys<F>>]: View<F[K]>;
};

export const pool = (name: string, size: number): Pool => ({ kind: 'pool', name, size });

/** A truth value. */
export const bool: Scalar<boolean> = { kind: 'scalar', codec: 'bool', cardinality: 2 };

/**
 * A truth value that takes room only where it is `present`; elsewhere it is always false. For parts
 * of a state that only some scenarios have.
 */
export const boolIf = (present: boolean): Scalar<boolean> =>
  present ? bool : { kind: 'scalar', codec: 'bool', cardinality: 1 };

/** A whole number `0..max`, both included. */
export const uint = (max: number): Scalar<number> => ({
  kind: 'scalar',
  codec: 'uint',
  cardinality: max + 1,
});

/** One of a fixed list of words; the first is the zero value. */
export const oneOf = <const N extends readonly [string, ...string[]]>(
  ...names: N
): Scalar<N[number]> => ({ kind: 'scalar', codec: 'one-of', cardinality: names.length, names });

/** An identity of a pool. */
export const ref = (of: Pool): Scalar<number> => ({
  kind: 'scalar',
  codec: 'ref',
  cardinality: of.size,
  pool: of,
});

/** An identity of a pool, or `null`, which is the zero value. */
export const optionalRef = (of: Pool): Scalar<number | null> => ({
  kind: 'scalar',
  codec: 'optional-ref',
  cardinality: of.size + 1,
  pool: of,
});

/** A set over `0..size-1`, or over the identities of a pool. */
export const bitset = (of: number | Pool): Bitset =>
  typeof of === 'number'
    ? { kind: 'bitset', size: of }
    : { kind: 'bitset', size: of.size, pool: of };

/** A fixed-size array, indexed by number or by the identities of a pool. */
export const array = <const E extends Layout>(element: E, of: number | Pool): ArrayLayout<E> =>
  typeof of === 'number'
    ? { kind: 'array', element, size: of }
    : { kind: 'array', element, size: of.size, pool: of };

export const record = <const F extends Fields>(fields: F): RecordLayout<F> => ({
  kind: 'record',
  fields,
});
