/**
 * The fingerprint of a state by what it says, not by how it is packed: for what is kept longer than
 * a layout, such as the states of a stored run.
 *
 * It is taken over the values that are not zero, each with its name. So it stays what it was when
 * a layout gains a field, a longer array or a further word of a `one-of`, as long as the state at
 * hand has no use for them.
 */
import type { Layout, Scalar } from '../machine/index.ts';
import { fingerprintOf } from './hash.ts';
import type { Plain } from './snapshot.ts';

const isZero = (layout: Scalar<unknown>, value: Plain): boolean => {
  if (layout.codec === 'optional-ref') return value === null;
  return value === false || value === 0 || value === layout.names?.[0];
};

function addValues(lines: string[], layout: Layout, value: Plain, name: string): void {
  switch (layout.kind) {
    case 'scalar':
      if (!isZero(layout, value)) lines.push(`${name}=${JSON.stringify(value)}`);
      return;
    case 'bitset':
      for (const member of value as readonly number[]) lines.push(`${name} has ${member}`);
      return;
    case 'array':
      for (const [index, element] of (value as readonly Plain[]).entries()) {
        addValues(lines, layout.element, element, `${name}[${index}]`);
      }
      return;
    case 'record': {
      const fields = value as Readonly<Record<string, Plain>>;
      for (const [field, of] of Object.entries(layout.fields)) {
        addValues(lines, of, fields[field] ?? null, `${name}.${field}`);
      }
    }
  }
}

/**
 * 64 bits of a state as 16 hexadecimal digits. `snapshot`: the plain copy of a state of `layout`.
 * The order in which fields are declared does not count.
 */
export function valuesFingerprint(layout: Layout, snapshot: Plain): string {
  const lines: string[] = [];
  addValues(lines, layout, snapshot, '');
  const text = lines.toSorted().join('\n');
  return fingerprintOf(Int32Array.from(text, (character) => character.charCodeAt(0)));
}
