/** Giving memory back: a loop that allocates nothing on the heap never collects garbage either. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Less than this is left to the collector's own time. */
const WORTH_BYTES = 2 ** 24;

let collect: (() => void) | null = null;
let pending_bytes = 0;

/** Bytes that are out of use and have not been returned. */
export const unreturned_bytes = (): number => pending_bytes;

/** Says that `bytes` of typed arrays are out of use: they are returned when there are enough. */
export function reclaim(bytes: number): void {
  pending_bytes += bytes;
  if (pending_bytes < WORTH_BYTES) return;
  pending_bytes = 0;
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
