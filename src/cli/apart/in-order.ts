/** Pieces of work done side by side, and seen in their order. */

export interface Begun {
  /** Settled when the piece is done. */
  readonly work: Promise<unknown>;
}

interface Slot<B> {
  /** `null`: it will not be begun. */
  readonly begun: Promise<B | null>;
  readonly settle: (begun: B | null) => void;
  readonly fail: (error: unknown) => void;
  isTaken: boolean;
}

function newSlot<B>(): Slot<B> {
  let settle: Slot<B>['settle'] = () => {};
  let fail: Slot<B>['fail'] = () => {};
  const begun = new Promise<B | null>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  // Whoever comes to the piece meets the error; nobody may.
  begun.catch(() => undefined);
  return { begun, settle, fail, isTaken: false };
}

/**
 * Does the pieces with these costs in so many lanes. The first lane takes them in order, so that
 * results come soon; the others take the most costly one that is left, so that small ones are the
 * last.
 *
 * Order: of the pieces, each as soon as it is begun and those before it are done. Nothing is begun
 * after `isStopped`; the first that was not begun then ends it. Errors: what `begin` throws, and
 * what `work` of a piece that was yielded rejects with.
 */
export async function* inOrder<B extends Begun>(
  costs: readonly number[],
  lanes: number,
  begin: (index: number, lane: number) => B,
  isStopped: () => boolean,
): AsyncGenerator<B> {
  const slots = costs.map(() => newSlot<B>());
  let isOver = false;
  const take = (lane: number): number => {
    const left = [...slots.keys()].filter((index) => slots[index]?.isTaken === false);
    const [first = -1] = left;
    if (lane === 0 || first < 0) return first;
    const cost = (index: number): number => costs[index] ?? 0;
    return left.reduce((most, index) => (cost(index) > cost(most) ? index : most), first);
  };
  const follow = async (lane: number): Promise<void> => {
    for (;;) {
      const index = isOver || isStopped() ? -1 : take(lane);
      const slot = slots[index];
      if (slot === undefined) return;
      slot.isTaken = true;
      try {
        const begun = begin(index, lane);
        slot.settle(begun);
        await begun.work.catch(() => undefined);
      } catch (error) {
        slot.fail(error);
      }
    }
  };
  const all = Promise.all(Array.from({ length: lanes }, (_, lane) => follow(lane)));
  void all.then(() => slots.forEach(({ settle }) => settle(null)));
  try {
    for (const slot of slots) {
      const begun = await slot.begun;
      if (begun === null) return;
      yield begun;
      await begun.work;
    }
  } finally {
    isOver = true;
  }
}
