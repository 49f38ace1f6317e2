/** A bound state that notes which of its parts are read. */
import type { Kvm } from '../../model/index.ts';

/** Scalars below these are told apart; of all else the first name counts. */
const DIVIDED = ['mmu_lock', 'vcpu'];

const partOf = (path: readonly string[]): string =>
  path.slice(0, DIVIDED.includes(path[0] ?? '') ? 2 : 1).join('.');

type Called = (...args: unknown[]) => unknown;

const traced = (target: object, path: readonly string[], note: (part: string) => void): object => {
  const seen = (value: unknown, at: readonly string[]): unknown => {
    if (typeof value === 'object' && value !== null) return traced(value, at, note);
    note(partOf(at));
    return value;
  };
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof name === 'symbol' || name === 'length') return value;
      if (typeof value !== 'function') return seen(value, [...path, name]);
      return (...args: unknown[]) => seen((value as Called).apply(target, args), path);
    },
  });
};

/** `kvm`, with every read of its state told to `note` as in the `reads` of a property. */
export const tracedKvm = (
  kvm: Kvm,
  parts: readonly string[],
  note: (part: string) => void,
): Kvm => ({
  ...kvm,
  ...Object.fromEntries(
    parts.map((name) => [name, traced(kvm[name as keyof Kvm] as object, [name], note)]),
  ),
});
