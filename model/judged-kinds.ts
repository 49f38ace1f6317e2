/** Kinds of access that the oracle tells apart, because different entries justify them. */
import type { AccessKind } from './access.ts';
import { hasGuestTables, type Geometry } from './geometry.ts';

/** A kind of access in a mode of the guest. */
export interface JudgedKind {
  readonly kind: AccessKind;
  readonly cr0_wp: boolean;
  readonly efer_nx: boolean;
}

const kindsOf = (g: Geometry, efer_nx: boolean): readonly JudgedKind[] => [
  ...g.kinds.map((kind) => ({ kind, cr0_wp: true, efer_nx })),
  ...(g.kinds.includes('sw') ? [{ kind: 'sw', cr0_wp: false, efer_nx } as const] : []),
];

/**
 * Order: those of the guest with CR0.WP and EFER.NX set, then the supervisor write with CR0.WP
 * clear; then all of them again with EFER.NX clear, where the guest may clear it. None where no
 * guest tables can judge.
 */
export const judgedKinds = (g: Geometry): readonly JudgedKind[] =>
  hasGuestTables(g)
    ? [...kindsOf(g, true), ...(g.efer_nx === 'toggled' ? kindsOf(g, false) : [])]
    : [];
