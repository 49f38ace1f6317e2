/**
 * Seeds and paths: what makes a random run repeatable.
 *
 * fast-check seeds its generator with 32 bits. A longer seed is folded to 32 bits, and the folded
 * one is what a run reports, so that the printed seed is always the one that was used. Seeds below
 * 2^32 are their own fold.
 */

const PATH_PATTERN = /^\d+(:\d+)*$/;

/** Folds a seed of any length to `0..2^32-1`. Errors: `RangeError` for a negative seed. */
export function foldSeed(seed: bigint): bigint {
  if (seed < 0n) throw new RangeError(`seed ${seed}: must not be negative`);
  let rest = seed;
  let folded = 0n;
  do {
    folded ^= rest & 0xffffffffn;
    rest >>= 32n;
  } while (rest > 0n);
  return folded;
}

/** The signed 32-bit number that fast-check takes. */
export const seedForFastCheck = (folded: bigint): number => Number(BigInt.asIntN(32, folded));

/**
 * Checks a path: the run number, then one index per accepted shrink, joined by colons.
 * Errors: `RangeError`.
 */
export function checkPath(path: string): string {
  if (path !== '' && !PATH_PATTERN.test(path)) {
    throw new RangeError(`path ${JSON.stringify(path)}: must be numbers and colons, as in 41:0:3`);
  }
  return path;
}
