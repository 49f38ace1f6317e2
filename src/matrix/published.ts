/**
 * The figures that eager page splitting of the shadow MMU was proposed with, and which counts of
 * the model have to have their shape.
 *
 * Source: cover letter of the third series (April 2022): dirty_log_perf_test with 1 GiB per vCPU
 * in 1G pages of HugeTLB, in seconds. Here those of 64 vCPUs.
 */
import { modelTransitions } from '../../model/index.ts';
import type { Counted, Phase } from './run.ts';
import type { Guest, Log } from './setting.ts';

/** Share of pages written. */
export const shares = ['100%', '50%', '5%'] as const;
export type Share = (typeof shares)[number];

/** Where a figure is, and a count. */
export interface Place {
  readonly guest: Guest;
  readonly log: Log;
  readonly share: Share;
  readonly phase: Phase;
  readonly counted: Counted;
}

export interface Figure extends Place {
  /** The row, in words. */
  readonly row: string;
  /** Seconds without eager splitting, and with. */
  readonly off: number;
  readonly on: number;
  /** The transition without which the model has no such count. */
  readonly needs?: string;
}

/** Direct MMUs make a page writable again without mmu_lock. */
export const FAST_PAGE_FAULT = 'fast_page_fault';

export const hasStep = (name: string): boolean =>
  modelTransitions.some((step) => step.name === name);

const dirty = { log: 'get', phase: 'pass 1', counted: 'locked' } as const;
const direct = { guest: 'direct', ...dirty, needs: FAST_PAGE_FAULT } as const;
const clear = {
  guest: 'direct',
  log: 'initially-set',
  share: '100%',
  counted: 'sptes',
} as const;

/** Order: as in the table. */
export const figures: readonly Figure[] = [
  { ...direct, share: '100%', row: 'ept=Y, iteration 1', off: 17.91, on: 0.08 },
  { ...direct, share: '5%', row: 'ept=Y, iteration 1', off: 16.56, on: 0.017 },
  { ...clear, log: 'get', phase: 'enable', row: 'ept=Y, enable', off: 0.105, on: 1.199 },
  { ...clear, phase: 'harvest 1', row: 'ept=Y, first CLEAR', off: 0.091, on: 1.2 },
  { ...clear, phase: 'harvest 2', row: 'ept=Y, second CLEAR', off: 0.648, on: 0.705 },
  { guest: 'shadow', ...dirty, share: '100%', row: 'ept=N, iteration 1', off: 20.88, on: 19.34 },
  { guest: 'shadow', ...dirty, share: '50%', row: 'ept=N, iteration 1', off: 20.26, on: 9.61 },
  { guest: 'shadow', ...dirty, share: '5%', row: 'ept=N, iteration 1', off: 21.25, on: 0.985 },
];

/** Below this share nothing that matters is left; between `same`, nothing that matters changed. */
const GONE = 0.02;
const SAME = { from: 0.8, to: 1.25 } as const;
/** How far two shares may be apart that are both between gone and the same. */
const NEAR = 0.1;

export type Shape = 'gone' | 'less' | 'same' | 'more';

export function shapeOf(off: number, on: number): Shape {
  if (off === 0) return on === 0 ? 'same' : 'more';
  const ratio = on / off;
  if (ratio <= GONE) return 'gone';
  if (ratio < SAME.from) return 'less';
  return ratio <= SAME.to ? 'same' : 'more';
}

/** Times and counts have no unit in common: what agrees is how they change. */
export function agrees(figure: { off: number; on: number }, count: { off: number; on: number }) {
  const shape = shapeOf(figure.off, figure.on);
  if (shape !== shapeOf(count.off, count.on)) return false;
  return shape !== 'less' || Math.abs(figure.on / figure.off - count.on / count.off) <= NEAR;
}
