/** Properties of the user's own, asked beside those that come with the model. */
import type { StateProperty, StepProperty } from '../engine/machine/index.ts';
import type { Kvm } from '../../model/index.ts';
import { erased, propertyEntry, type AnyMachine, type Catalogue } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { catalogue } from '../checker/instance.ts';
import type { Moment } from '../../properties/index.ts';

/**
 * A question of one's own: a predicate over states, asked at a moment, or over steps.
 *
 * It sees the state of the model through `Kvm`, must depend on that alone, and must not write to
 * it. `check` returns what is wrong, or `null`. It is asked where `applies` holds.
 */
export type OwnProperty = (StateProperty<Kvm> & { readonly when: Moment }) | StepProperty<Kvm>;

type AnyProperty = AnyMachine['properties'][number];

/** Errors: fault 103 for an id that is taken. */
function checkIds(own: readonly OwnProperty[]): void {
  const ids = catalogue.properties.map(({ id }) => id);
  for (const { id } of own) {
    if (ids.includes(id)) {
      throw new Fault('KMC-103', `there is a property "${id}" already`, ['Give yours another id.']);
    }
    ids.push(id);
  }
}

/**
 * The catalogue with these properties in it, asked last, in the order given.
 * They are functions, which no other thread can be sent: one thread searches.
 * Errors: fault 103 for an id that is taken.
 */
export function catalogueWith(own: readonly OwnProperty[]): Catalogue {
  if (own.length === 0) return catalogue;
  checkIds(own);
  const { source: _, ...alone } = catalogue;
  const isOwn = (id: string) => own.some((property) => property.id === id);
  return {
    ...alone,
    properties: [...catalogue.properties, ...own.map(propertyEntry)],
    instantiate: (selection) => {
      const { properties: wanted, ...rest } = selection;
      const machine = catalogue.instantiate(
        wanted === undefined ? rest : { ...rest, properties: wanted.filter((id) => !isOwn(id)) },
      );
      const asked = own.filter(({ id }) => wanted?.includes(id) ?? true);
      // The machine binds states of the type that these properties were written for.
      const properties = [...machine.properties, ...(asked as unknown as readonly AnyProperty[])];
      return erased({ ...machine, properties });
    },
  };
}
