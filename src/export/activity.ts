/** What a state is in the middle of, for drawings along time. */

export interface Activity {
  /** By actor: what it is within, outermost first, by name: `mmu_lock`. */
  readonly sections: Readonly<Record<string, readonly string[]>>;
  /** Flushes that a later step has to issue, each under a name that stays: `unmap pfn 0x3`. */
  readonly owed: readonly string[];
  /** Numbers worth a curve, by name. */
  readonly counters: Readonly<Record<string, number>>;
}
