/** Kinds of access that the oracle tells apart, because different entries justify them. */
import { isExec, isUser, withoutAc, type AccessKind } from './access.ts';
import { hasGuestTables, type Geometry } from './geometry.ts';

/** A kind of access in a mode of the guest. */
export interface JudgedKind {
  readonly kind: AccessKind;
  readonly cr0_wp: boolean;
  readonly efer_nx: boolean;
  /** SMEP or SMAP forbids it on user pages: the path must have an entry of the supervisor. */
  readonly supervisorOnly: boolean;
  /** Number of the same kind without that demand; its own when there is none. */
  readonly plain: number;
}

type Mode = Omit<JudgedKind, 'plain'>;

const plainKinds = (g: Geometry, efer_nx: boolean): readonly Mode[] => {
  const kinds = [...new Set(g.kinds.map(withoutAc))];
  const of = (kind: AccessKind, cr0_wp: boolean): Mode => ({
    kind,
    cr0_wp,
    efer_nx,
    supervisorOnly: false,
  });
  return [
    ...kinds.map((kind) => of(kind, true)),
    ...(kinds.includes('sw') ? [of('sw', false)] : []),
  ];
};

const isBarrable = (g: Geometry, { kind }: Mode): boolean =>
  !isUser(kind) && g.kinds.includes(kind) && g.cr4.includes(isExec(kind) ? 'smep' : 'smap');

const kindsOf = (g: Geometry, efer_nx: boolean): readonly Mode[] => {
  const plain = plainKinds(g, efer_nx);
  const barred = plain.filter((mode) => isBarrable(g, mode));
  return [...plain, ...barred.map((mode) => ({ ...mode, supervisorOnly: true }))];
};

const isPlainOf = (a: Mode, b: Mode): boolean =>
  !a.supervisorOnly && a.kind === b.kind && a.cr0_wp === b.cr0_wp && a.efer_nx === b.efer_nx;

/**
 * Order: those of the guest with CR0.WP and EFER.NX set, then the supervisor write with CR0.WP
 * clear; then those that SMEP or SMAP forbids on user pages, where the guest may set it; then all
 * of them again with EFER.NX clear, where the guest may clear it. None where no guest tables can
 * judge.
 */
export const judgedKinds = (g: Geometry): readonly JudgedKind[] => {
  if (!hasGuestTables(g)) return [];
  const modes = [...kindsOf(g, true), ...(g.efer_nx === 'toggled' ? kindsOf(g, false) : [])];
  return modes.map((mode) => ({ ...mode, plain: modes.findIndex((m) => isPlainOf(m, mode)) }));
};
