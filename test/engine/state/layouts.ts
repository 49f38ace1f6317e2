/** Random layouts and random contents for them. */
import fc from 'fast-check';
import {
  array,
  bitset,
  bool,
  oneOf,
  optionalRef,
  record,
  ref,
  uint,
  type Fields,
  type Layout,
  type Pool,
  type RecordLayout,
} from '../../../src/engine/machine/index.ts';
import type { Plain, PlainRecord } from '../../../src/engine/state/compile.ts';

/** Layouts that use the given pools in every way the language has. */
export function layoutsOver(pools: readonly Pool[]): fc.Arbitrary<RecordLayout<Fields>> {
  const pool = fc.constantFrom(...pools);
  const scalar: fc.Arbitrary<Layout> = fc.oneof(
    fc.constant<Layout>(bool),
    fc.constantFrom(0, 1, 6, 100, 2 ** 20, 2 ** 31 - 1).map((max): Layout => uint(max)),
    fc.constant<Layout>(oneOf('none', 'some', 'all')),
    pool.map((of): Layout => ref(of)),
    pool.map((of): Layout => optionalRef(of)),
  );
  const domain = fc.oneof(pool, fc.constantFrom(0, 1, 2, 5));
  const { part } = fc.letrec<{ part: Layout }>((tie) => ({
    part: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.oneof(pool, fc.constantFrom(1, 7, 32)).map((of): Layout => bitset(of)),
      fc.tuple(tie('part'), domain).map(([element, of]): Layout => array(element, of)),
      fields(tie('part')).map((members): Layout => record(members)),
    ),
  }));
  return fields(part).map((members) => record(members));
}

const fields = (part: fc.Arbitrary<Layout>): fc.Arbitrary<Fields> =>
  fc
    .array(part, { minLength: 1, maxLength: 6, size: 'max' })
    .map((parts): Fields => Object.fromEntries(parts.map((layout, k) => [`f${k}`, layout])));

/** Random contents of a layout, as a plain snapshot. */
export function contentsOf(layout: Layout): fc.Arbitrary<Plain> {
  switch (layout.kind) {
    case 'scalar':
      return fc.nat(layout.cardinality - 1).map((code) => {
        if (layout.codec === 'bool') return code === 1;
        if (layout.codec === 'one-of') return layout.names?.[code] ?? '';
        if (layout.codec === 'optional-ref') return code === 0 ? null : code - 1;
        return code;
      });
    case 'bitset':
      return fc.subarray(Array.from({ length: layout.size }, (_, k) => k));
    case 'array':
      return fc.tuple(...Array.from({ length: layout.size }, () => contentsOf(layout.element)));
    case 'record':
      return recordContents(layout);
  }
}

export const recordContents = (layout: RecordLayout<Fields>): fc.Arbitrary<PlainRecord> =>
  fc.record(
    Object.fromEntries(
      Object.entries(layout.fields).map(([name, field]) => [name, contentsOf(field)]),
    ),
    { noNullPrototype: true },
  );

interface AnyView {
  bits: number;
  add(index: number): void;
  set(index: number, value: unknown): void;
  at(index: number): unknown;
}

/** Writes a snapshot through a view. */
export function writeContents(layout: Layout, view: unknown, contents: Plain): void {
  const target = view as AnyView & Record<string, unknown>;
  if (layout.kind === 'bitset') {
    target.bits = 0;
    for (const member of contents as readonly number[]) target.add(member);
  } else if (layout.kind === 'array') {
    (contents as readonly Plain[]).forEach((value, index) => {
      if (layout.element.kind === 'scalar') target.set(index, value);
      else writeContents(layout.element, target.at(index), value);
    });
  } else if (layout.kind === 'record') {
    for (const [name, field] of Object.entries(layout.fields)) {
      const value = (contents as PlainRecord)[name] ?? null;
      if (field.kind === 'scalar') target[name] = value;
      else writeContents(field, target[name], value);
    }
  }
}
