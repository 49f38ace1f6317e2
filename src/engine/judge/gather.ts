/**
 * Gathers what is asked by what it reads, so that one look into a memory answers for many.
 *
 * What reads the same bits is asked together. So is what reads hardly anything else than others of
 * its moment: it is then asked a little more often than it would have to be, which costs less than
 * a look of its own in every state.
 */

/** One thing to ask, or several. */
export interface Asked<T> {
  /** `every-step` or a moment of the machine. */
  readonly when: string;
  /** Paths of the layout; `null`: not known. */
  readonly reads: readonly string[] | null;
  readonly members: readonly T[];
}

/** The bits of a vector that paths of its layout name. */
export type MaskOf = (paths: readonly string[]) => Int32Array;

/** Members of one group: their antecedents are remembered as bits of one number. */
const MEMBERS_MAX = 30;

/**
 * Each of two that are asked together reads at least this part of what both read. One that is asked
 * for ever is worth a compromise; one that is soon done with had better not wait for another.
 */
export const LASTING = 0.8;
export const PASSING = 1;

interface Group<T> {
  readonly asked: Asked<T>;
  /** `null` when it is not known what is read. */
  readonly mask: Int32Array | null;
}

function bitsIn(mask: Int32Array): number {
  let bits = 0;
  for (const word of mask) for (let rest = word; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

const unionOf = (a: Int32Array, b: Int32Array): Int32Array =>
  a.map((word, k) => word | (b[k] ?? 0));

function agree<T>(a: Group<T>, b: Group<T>, partMin: number): boolean {
  if (a.mask === null || b.mask === null) return a.mask === b.mask;
  const most = Math.min(bitsIn(a.mask), bitsIn(b.mask));
  return most >= partMin * bitsIn(unionOf(a.mask, b.mask));
}

function joined<T>(a: Group<T>, b: Group<T>): Group<T> {
  const { when, reads, members } = a.asked;
  const more = b.asked;
  const all = reads === null ? null : [...new Set([...reads, ...(more.reads ?? [])])].toSorted();
  return {
    mask: a.mask === null || b.mask === null ? null : unionOf(a.mask, b.mask),
    asked: { when, reads: all, members: [...members, ...more.members] },
  };
}

/** Without masks, things are asked together whose paths are the same. */
function maskBy(maskOf: MaskOf | null, asked: readonly Asked<unknown>[]): MaskOf {
  if (maskOf !== null) return maskOf;
  const paths = [...new Set(asked.flatMap(({ reads }) => reads ?? []))];
  return (reads) => Int32Array.from(paths, (path) => (reads.includes(path) ? 1 : 0));
}

/** Groups of what is asked; `partMin`: see `LASTING`. Order: what reads least first. */
export function gather<T>(
  asked: readonly Asked<T>[],
  maskOf: MaskOf | null,
  partMin: number,
): readonly Asked<T>[] {
  const masked = maskBy(maskOf, asked);
  const bySize = asked
    .map((one): Group<T> => ({ asked: one, mask: one.reads === null ? null : masked(one.reads) }))
    .map((group) => ({ group, bits: group.mask === null ? Infinity : bitsIn(group.mask) }))
    .sort((a, b) => (a.bits === b.bits ? 0 : a.bits - b.bits));
  const groups: Group<T>[] = [];
  for (const { group } of bySize) {
    const { when, members } = group.asked;
    const into = groups.findIndex(
      (other) =>
        other.asked.when === when &&
        other.asked.members.length + members.length <= MEMBERS_MAX &&
        agree(other, group, partMin),
    );
    const other = groups[into];
    if (other === undefined) groups.push(group);
    else groups[into] = joined(other, group);
  }
  return groups.map((group) => group.asked);
}
