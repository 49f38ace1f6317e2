/** Sets of small numbers held in one word, as the views of bit sets give them. */

/** The smallest member of a set that is not empty. */
export const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

/** The set without its smallest member. */
export const withoutLowest = (bits: number): number => bits & (bits - 1);

/** Number of members. */
export const popcount = (bits: number): number => {
  let n = 0;
  for (let rest = bits; rest !== 0; rest = withoutLowest(rest)) n += 1;
  return n;
};
