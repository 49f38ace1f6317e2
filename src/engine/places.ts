/**
 * Where each actor is, read off the vector: most transitions can be taken at one place alone, and
 * need not be tried anywhere else.
 */
import type { Fields, Machine } from './machine/index.ts';
import {
  bitsFor,
  elementPlace,
  maskOf,
  type Place,
  type RecordShape,
  type Shape,
} from './state/shape.ts';

export interface Places {
  /** By transition: 1 for the places where it may be enabled, else 0; `null`: anywhere. */
  readonly at: readonly (Uint8Array | null)[];
  /** By actor: where the number of its place lies. */
  readonly where: readonly Place[];
  /** The bits that a number of a place takes. */
  readonly mask: number;
}

const NOWHERE: Places = { at: [], where: [], mask: 0 };

interface Located {
  readonly names: readonly string[];
  readonly where: readonly Place[];
}

const fieldOf = (shape: Shape | undefined, name: string | undefined) =>
  shape?.kind === 'record' ? shape.fields.find((field) => field.name === name) : undefined;

/** Errors: `RangeError` unless `path` is a `one-of` in the records of an array. */
function locate(root: RecordShape, path: string): Located {
  const [outer, inner, ...more] = path.split('.');
  const actors = fieldOf(root, outer);
  const array = actors?.shape.kind === 'array' ? actors.shape : undefined;
  const field = fieldOf(array?.element, inner);
  const names = field?.shape.kind === 'scalar' ? field.shape.layout.names : undefined;
  if (!actors || !array || !field || !names || more.length > 0) {
    throw new RangeError(`layout: ${path} is no one-of in the records of an array`);
  }
  const where = Array.from({ length: array.layout.size }, (_, k) => {
    const element = elementPlace(array, k);
    return {
      word: actors.word + element.word + field.word,
      bit: actors.bit + element.bit + field.bit,
    };
  });
  return { names, where };
}

/** Errors: `RangeError` for a place that the layout does not have. */
export function placesOf<S, F extends Fields>(
  { place, transitions }: Machine<S, F>,
  shape: RecordShape,
): Places {
  if (place === undefined) return { ...NOWHERE, at: transitions.map(() => null) };
  const { names, where } = locate(shape, place);
  const at = transitions.map((transition) => {
    if (transition.at === undefined) return null;
    const unknown = transition.at.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new RangeError(`${transition.name}: no place ${unknown}`);
    return Uint8Array.from(names, (name) => (transition.at?.includes(name) === true ? 1 : 0));
  });
  return { at, where, mask: maskOf(bitsFor(names.length)) };
}

/** The place of an actor in a vector. */
export const placeIn = (places: Places, words: Int32Array, actor: number): number => {
  const { word, bit } = places.where[actor] ?? { word: 0, bit: 0 };
  return ((words[word] ?? 0) >>> bit) & places.mask;
};

/** A number for where all actors are. */
export function placesKey(places: Places, words: Int32Array): number {
  let key = 0;
  for (let actor = 0; actor < places.where.length; actor++) {
    key = key * (places.mask + 1) + placeIn(places, words, actor);
  }
  return key;
}

/** Whether a transition of `actor` may be enabled in a vector. */
export const mayBeEnabled = (
  places: Places,
  words: Int32Array,
  transition: number,
  actor: number,
): boolean => {
  const at = places.at[transition] ?? null;
  return at === null || at[placeIn(places, words, actor)] !== 0;
};
