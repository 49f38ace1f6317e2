/** The invariants of the shadow core. */
import type { Finding, StateProperty } from '../../src/engine/machine/index.ts';
import type { ShadowCore } from './shadow-core.ts';

const TWO = 2;

const define = (
  id: string,
  says: string,
  applies: (s: ShadowCore) => boolean,
  check: (s: ShadowCore) => Finding | null,
): StateProperty<ShadowCore> => ({
  kind: 'state',
  id,
  says,
  why: 'Part of the reference machine.',
  source: ['shadow core'],
  when: 'every-step',
  applies,
  check,
  witness: { says: 'The antecedent holds.', reached: applies },
});

const always = (): boolean => true;

/** I1 */
const tlbFollowsGuest = define(
  'tlb-follows-the-guest',
  'A TLB entry for which no INVLPG is owed is what the guest maps.',
  (s) => s.tlb.at(0).i !== null || s.tlb.at(1).i !== null,
  (s) => {
    for (let c = 0; c < TWO; c++) {
      const { i, j, frame } = s.tlb.at(c);
      if (i === null || j === null || s.owed.at(c).at(i).has(j)) continue;
      const t = s.gr.get(i);
      if (t === null || s.gl.at(t).get(j) !== frame) {
        return { message: 'stale TLB entry', where: { vcpu: c, i, j, frame } };
      }
    }
    return null;
  },
);

/** I2 */
const rootFollowsGuest = define(
  'shadow-root-follows-the-guest',
  'A shadow root entry names the table that the guest names, and its page exists.',
  always,
  (s) => {
    for (let i = 0; i < TWO; i++) {
      const t = s.sr.get(i);
      if (t !== null && (s.gr.get(i) !== t || s.sp.get(t) === 'absent')) {
        return { message: 'wrong shadow root entry', where: { i, table: t } };
      }
    }
    return null;
  },
);

/** I3 */
const syncPageFollowsGuest = define(
  'sync-page-follows-the-guest',
  'A shadow leaf entry belongs to a page, and equals the guest entry when the page is sync.',
  always,
  (s) => {
    for (let t = 0; t < s.sl.length; t++) {
      const page = s.sp.get(t);
      for (let j = 0; j < TWO; j++) {
        const frame = s.sl.at(t).get(j);
        if (frame === 0 || page === 'unsync') continue;
        if (page === 'absent' || frame !== s.gl.at(t).get(j)) {
          return { message: 'wrong shadow leaf entry', where: { table: t, j, frame } };
        }
      }
    }
    return null;
  },
);

/** I4 */
const frameIsGone = define(
  'nothing-maps-a-frame-that-is-gone',
  'No shadow entry maps an unmapped frame 1, and no TLB entry once the flush is done.',
  (s) => s.host !== 'mapped',
  (s) => {
    for (let t = 0; t < s.sl.length; t++) {
      if (s.sl.at(t).get(0) === 1 || s.sl.at(t).get(1) === 1) {
        return { message: 'shadow entry maps frame 1', where: { table: t } };
      }
    }
    for (let c = 0; c < TWO; c++) {
      if (s.host === 'gone' && s.tlb.at(c).frame === 1) {
        return { message: 'TLB entry maps frame 1', where: { vcpu: c } };
      }
    }
    return null;
  },
);

/** In documented order: I1 to I4. */
export const invariants: readonly StateProperty<ShadowCore>[] = [
  tlbFollowsGuest,
  rootFollowsGuest,
  syncPageFollowsGuest,
  frameIsGone,
];
