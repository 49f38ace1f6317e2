/**
 * State of the hand-packed explorer: two words of bits, and what shifts and masks make of them.
 *
 * First word, from the lowest bit: `gr` and `sr`, two entries of two bits each (0 = none, else the
 * table + 1), `sp` two bits a table, `gl` and `sl` two bits an entry. Second word: `tv` three bits
 * a vCPU (0 = none, else the address + 1), `tf` two, `st` four, `h` two. The initial state is zero.
 */
export const SR = 4;
export const SP = 8;
export const GL = 12;
export const SL = 20;
export const TF = 6;
export const ST = 10;
export const H = 18;
export const SYNC = 1;
export const UNSYNC = 2;
export const PENDING = 1;
export const GONE = 2;

export const get2 = (word: number, at: number): number => (word >>> at) & 3;
export const put2 = (word: number, at: number, value: number): number =>
  (word & ~(3 << at)) | (value << at);
export const dropTlb = (hi: number, c: number): number =>
  hi & ~((7 << (3 * c)) | (3 << (TF + 2 * c)));
export const entryAt = (t: number, j: number): number => 2 * (2 * t + j);

export function hashOf(lo: number, hi: number): number {
  let hash = Math.imul(lo, 0x9e3779b1) ^ Math.imul(hi, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

export function syncPage(lo: number, t: number): number {
  let synced = put2(lo, SP + 2 * t, SYNC);
  for (let j = 0; j < 2; j++) {
    const at = entryAt(t, j);
    if (get2(lo, SL + at) !== get2(lo, GL + at)) synced = put2(synced, SL + at, 0);
  }
  return synced;
}

/** I1 to I4: the number of the first that is broken, or 0. */
export function brokenInvariant(lo: number, hi: number, tables: number): number {
  for (let c = 0; c < 2; c++) {
    const address = ((hi >>> (3 * c)) & 7) - 1;
    if (address < 0 || ((hi >>> (ST + 4 * c + address)) & 1) !== 0) continue;
    const t = get2(lo, 2 * (address >>> 1)) - 1;
    if (t < 0 || get2(lo, GL + entryAt(t, address & 1)) !== get2(hi, TF + 2 * c)) return 1;
  }
  for (let i = 0; i < 2; i++) {
    const t = get2(lo, SR + 2 * i) - 1;
    if (t >= 0 && (get2(lo, 2 * i) !== t + 1 || get2(lo, SP + 2 * t) === 0)) return 2;
  }
  const h = get2(hi, H);
  for (let t = 0; t < tables; t++) {
    const sp = get2(lo, SP + 2 * t);
    for (let j = 0; j < 2; j++) {
      const frame = get2(lo, SL + entryAt(t, j));
      if (frame === 0) continue;
      if (sp === 0 || (sp === SYNC && frame !== get2(lo, GL + entryAt(t, j)))) return 3;
      if (h !== 0 && frame === 1) return 4;
    }
  }
  return h === GONE && (get2(hi, TF) === 1 || get2(hi, TF + 2) === 1) ? 4 : 0;
}
