/** Plain copies of views, for printing, tests and files. */
import type { Layout } from '../machine/index.ts';

/** Plain JSON. */
export type Plain =
  null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

interface AnyArrayView {
  get?(index: number): Plain;
  at?(index: number): unknown;
}

/**
 * Copies what a view shows now. Order: fields as declared. An array becomes an array, a bit set
 * the array of its members, smallest first.
 */
export function snapshotOf(layout: Layout, view: unknown): Plain {
  switch (layout.kind) {
    case 'scalar':
      return view as Plain;
    case 'bitset': {
      const set = view as { has(index: number): boolean };
      return Array.from({ length: layout.size }, (_, index) => index).filter((i) => set.has(i));
    }
    case 'array': {
      const list = view as AnyArrayView;
      return Array.from({ length: layout.size }, (_, index) =>
        layout.element.kind === 'scalar'
          ? (list.get?.(index) ?? null)
          : snapshotOf(layout.element, list.at?.(index)),
      );
    }
    case 'record': {
      const fields = view as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        Object.entries(layout.fields).map(([name, field]) => [
          name,
          snapshotOf(field, fields[name]),
        ]),
      );
    }
  }
}
