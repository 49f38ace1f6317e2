/** A record that knows which of its fields were read. */

export interface Consulted<R> {
  readonly record: R;
  /** Names of the fields read so far, in the order of the record. */
  readonly names: () => readonly string[];
}

/** Copies of the record read all fields, hence count as reading them. */
export function consultable<R extends object>(original: R): Consulted<R> {
  const seen = new Set<string>();
  const record = {} as R;
  for (const [name, value] of Object.entries(original)) {
    Object.defineProperty(record, name, {
      enumerable: true,
      get: () => {
        seen.add(name);
        return value as unknown;
      },
    });
  }
  return { record, names: () => Object.keys(original).filter((name) => seen.has(name)) };
}
