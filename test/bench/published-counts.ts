/** State counts of the reference machines that independent tools agree on. */

export interface Counts {
  readonly states: number;
  readonly transitions?: number;
  readonly depth?: number;
}

/** By number of resource managers. */
export const twoPhaseCommitCounts = {
  plain: { 3: 288, 5: 8_832, 7: 296_448 },
  interchangeable: { 3: 80, 5: 314, 7: 920 },
} as const;

/** New states by level. */
const levelsS = [
  1, 5, 11, 26, 95, 339, 1078, 3113, 8276, 19790, 42398, 79032, 122589, 152082, 146416, 106602,
  56618, 20602, 4736, 628, 36,
];
const levelsM = [
  1, 7, 20, 59, 251, 1026, 3771, 12888, 40108, 111203, 273258, 574578, 994149, 1388121, 1575006,
  1466148, 1132094, 733252, 397252, 177416, 63572, 17564, 3608, 496, 32,
];

/** Transitions by action; the three steps of the host are published as one sum. */
const takenS = {
  GuestWriteLeaf: 1_528_946,
  GuestWriteRoot: 1_528_946,
  ShadowFault: 615_104,
  TlbFill: 475_808,
  Unsync: 332_032,
  Invlpg: 3_465_096,
  FlushAll: 1_482_930,
  ZapPage: 752_185,
  Host: 764_473,
};
const takenM = {
  GuestWriteLeaf: 35_863_520,
  GuestWriteRoot: 17_931_760,
  ShadowFault: 10_345_856,
  TlbFill: 6_764_512,
  Unsync: 3_038_464,
  Invlpg: 42_787_904,
  FlushAll: 17_623_600,
  ZapPage: 8_938_232,
  Host: 8_965_880,
};

/** By preset, then by what is interchangeable. */
export const shadowCoreCounts = {
  S: {
    levels: levelsS,
    taken: takenS,
    none: { states: 764_473, transitions: 10_945_520, depth: 20 },
    vcpus: { states: 390_403, transitions: 5_588_210, depth: 20 },
    all: { states: 100_005, transitions: 1_429_662, depth: 20 },
  },
  M: {
    levels: levelsM,
    taken: takenM,
    none: { states: 8_965_880, transitions: 152_259_728, depth: 24 },
    vcpus: { states: 4_545_240, transitions: 77_188_562, depth: 24 },
  },
} as const;

/** Which invariant each seeded fault breaks, and the length of a shortest counterexample. */
export const shadowCoreFaults = [
  { fault: 1, property: 'tlb-follows-the-guest', steps: 9 },
  { fault: 2, property: 'tlb-follows-the-guest', steps: 7 },
  { fault: 3, property: 'nothing-maps-a-frame-that-is-gone', steps: 6 },
  { fault: 4, property: 'nothing-maps-a-frame-that-is-gone', steps: 12 },
] as const;
