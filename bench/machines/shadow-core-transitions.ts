/** The transitions of the shadow core. Statements take effect in the order written. */
import type { Parameter, Transition } from '../../src/engine/machine/index.ts';
import type { Fault, Preset, ShadowCore } from './shadow-core.ts';

const TWO = 2;

const two = (name: string): Parameter => ({ name, size: TWO });
const guest = () => 'guest';
const kvm = () => 'kvm';
const host = () => 'host';
const vcpu = (c = 0) => `vcpu${c}`;

/** Both vCPUs owe an INVLPG for the addresses `(i, j)` with `gr[i] = t`. */
function oweLeaf(s: ShadowCore, t: number, j: number): void {
  for (let i = 0; i < TWO; i++) {
    if (s.gr.get(i) !== t) continue;
    for (let c = 0; c < TWO; c++) s.owed.at(c).at(i).add(j);
  }
}

/** Both vCPUs owe an INVLPG for the present addresses under root entry `i`, which names `t`. */
function oweRoot(s: ShadowCore, i: number, t: number): void {
  for (let j = 0; j < TWO; j++) {
    if (s.gl.at(t).get(j) === 0) continue;
    for (let c = 0; c < TWO; c++) s.owed.at(c).at(i).add(j);
  }
}

function syncPage(s: ShadowCore, t: number): void {
  for (let j = 0; j < TWO; j++) {
    if (s.sl.at(t).get(j) !== s.gl.at(t).get(j)) s.sl.at(t).set(j, 0);
  }
  s.sp.set(t, 'sync');
}

function dropTlb(s: ShadowCore, c: number): void {
  const entry = s.tlb.at(c);
  entry.i = null;
  entry.j = null;
  entry.frame = 0;
}

const owesNothing = (s: ShadowCore, c: number): boolean =>
  s.owed.at(c).at(0).bits === 0 && s.owed.at(c).at(1).bits === 0;

const owesAll = (s: ShadowCore, c: number): boolean =>
  s.owed.at(c).at(0).count() === TWO && s.owed.at(c).at(1).count() === TWO;

function mapsFrame1(s: ShadowCore): boolean {
  for (let t = 0; t < s.sl.length; t++) {
    if (s.sl.at(t).get(0) === 1 || s.sl.at(t).get(1) === 1) return true;
  }
  return false;
}

const guestWrites = ({ tables, frames }: Preset): Transition<ShadowCore>[] => [
  {
    name: 'GuestWriteLeaf',
    actor: guest,
    parameters: [{ name: 't', size: tables }, two('j'), { name: 'v', size: frames + 1 }],
    says: 'The guest writes a leaf entry; a write to a sync table traps.',
    step: (s, t, j, v) => {
      const old = s.gl.at(t).get(j);
      if (old === v) return false;
      if (old !== 0) oweLeaf(s, t, j);
      if (s.sp.get(t) === 'sync') s.sl.at(t).set(j, 0);
      s.gl.at(t).set(j, v);
      return true;
    },
  },
  {
    name: 'GuestWriteRoot',
    actor: guest,
    parameters: [
      two('i'),
      { name: 'v', size: tables + 1, label: (v) => (v === 0 ? 'none' : v - 1) },
    ],
    says: 'The guest writes a root entry; the root table is always write-protected.',
    step: (s, i, v) => {
      const table = v === 0 ? null : v - 1;
      const old = s.gr.get(i);
      if (old === table) return false;
      if (old !== null) oweRoot(s, i, old);
      s.gr.set(i, table);
      s.sr.set(i, null);
      return true;
    },
  },
];

const shadowFault = (fault: Fault): Transition<ShadowCore> => ({
  name: 'ShadowFault',
  actor: kvm,
  parameters: [two('i'), two('j')],
  says: 'KVM maps an address that the guest maps. Fault 1: it does not sync the page first.',
  step: (s, i, j) => {
    const t = s.gr.get(i);
    if (t === null) return false;
    const frame = s.gl.at(t).get(j);
    if (frame === 0 || (frame === 1 && s.host !== 'mapped')) return false;
    const linked = s.sr.get(i) !== null;
    if (linked && s.sl.at(t).get(j) !== 0) return false;
    if (!linked) {
      const page = s.sp.get(t);
      if (page === 'absent') s.sp.set(t, 'sync');
      else if (page === 'unsync' && fault !== 1) syncPage(s, t);
    }
    s.sr.set(i, t);
    s.sl.at(t).set(j, frame);
    return true;
  },
});

const tlbFill: Transition<ShadowCore> = {
  name: 'TlbFill',
  actor: vcpu,
  parameters: [two('c'), two('i'), two('j')],
  says: 'A vCPU loads a translation of the shadow table.',
  step: (s, c, i, j) => {
    const t = s.sr.get(i);
    if (t === null) return false;
    const frame = s.sl.at(t).get(j);
    const entry = s.tlb.at(c);
    if (frame === 0 || (entry.i === i && entry.j === j)) return false;
    entry.i = i;
    entry.j = j;
    entry.frame = frame;
    return true;
  },
};

const pageSteps = (tables: number): Transition<ShadowCore>[] => [
  {
    name: 'Unsync',
    actor: kvm,
    parameters: [{ name: 't', size: tables }],
    says: 'KVM lifts the write protection of a leaf table.',
    step: (s, t) => {
      if (s.sp.get(t) !== 'sync') return false;
      s.sp.set(t, 'unsync');
      return true;
    },
  },
  {
    name: 'ZapPage',
    actor: kvm,
    parameters: [{ name: 't', size: tables }],
    says: 'KVM zaps a leaf shadow page and flushes all TLBs.',
    step: (s, t) => {
      if (s.sp.get(t) === 'absent') return false;
      s.sp.set(t, 'absent');
      for (let j = 0; j < TWO; j++) s.sl.at(t).set(j, 0);
      for (let i = 0; i < TWO; i++) if (s.sr.get(i) === t) s.sr.set(i, null);
      for (let c = 0; c < TWO; c++) dropTlb(s, c);
      return true;
    },
  },
];

const invalidations = (fault: Fault): Transition<ShadowCore>[] => [
  {
    name: 'Invlpg',
    actor: vcpu,
    parameters: [two('c'), two('i'), two('j')],
    says: 'A vCPU pays an owed INVLPG. Fault 2: the shadow entry is left alone.',
    step: (s, c, i, j) => {
      const owed = s.owed.at(c).at(i);
      if (!owed.has(j)) return false;
      const t = s.sr.get(i);
      const stale =
        t !== null && s.sp.get(t) === 'unsync' && s.sl.at(t).get(j) !== s.gl.at(t).get(j);
      if (stale && fault !== 2) s.sl.at(t).set(j, 0);
      owed.delete(j);
      const entry = s.tlb.at(c);
      if (entry.i === i && entry.j === j) dropTlb(s, c);
      return true;
    },
  },
  {
    name: 'FlushAll',
    actor: vcpu,
    parameters: [two('c')],
    says: 'A vCPU pays all it owes: reachable unsync pages are synced, its TLB is emptied.',
    step: (s, c) => {
      if (owesNothing(s, c)) return false;
      for (let t = 0; t < s.sp.length; t++) {
        const reachable = s.sr.get(0) === t || s.sr.get(1) === t;
        if (reachable && s.sp.get(t) === 'unsync') syncPage(s, t);
      }
      dropTlb(s, c);
      s.owed.at(c).at(0).bits = 0;
      s.owed.at(c).at(1).bits = 0;
      return true;
    },
  },
];

const hostSteps = (fault: Fault): Transition<ShadowCore>[] => [
  {
    name: 'HostZap',
    actor: host,
    parameters: [],
    says: 'The host unmaps frame 1. Fault 3: no flush is pending when nothing was mapped.',
    step: (s) => {
      if (s.host !== 'mapped') return false;
      s.host = fault === 3 && !mapsFrame1(s) ? 'gone' : 'pending';
      for (let t = 0; t < s.sl.length; t++) {
        for (let j = 0; j < TWO; j++) if (s.sl.at(t).get(j) === 1) s.sl.at(t).set(j, 0);
      }
      return true;
    },
  },
  {
    name: 'HostFlush',
    actor: host,
    parameters: [],
    says: 'The host flushes frame 1. Fault 4: a rare conjunction leaves vCPU 1 out.',
    step: (s) => {
      if (s.host !== 'pending') return false;
      const skips = fault === 4 && owesAll(s, 0) && !owesAll(s, 1) && s.tlb.at(0).i !== null;
      for (let c = 0; c < TWO; c++) {
        if (s.tlb.at(c).frame === 1 && !(skips && c === 1)) dropTlb(s, c);
      }
      s.host = 'gone';
      return true;
    },
  },
  {
    name: 'HostMap',
    actor: host,
    parameters: [],
    says: 'The host maps frame 1 again.',
    step: (s) => {
      if (s.host !== 'gone') return false;
      s.host = 'mapped';
      return true;
    },
  },
];

/** In documented order. */
export function transitionsOf(preset: Preset, fault: Fault): Transition<ShadowCore>[] {
  const [unsync, zapPage] = pageSteps(preset.tables);
  return [
    ...guestWrites(preset),
    shadowFault(fault),
    tlbFill,
    ...(unsync === undefined ? [] : [unsync]),
    ...invalidations(fault),
    ...(zapPage === undefined ? [] : [zapPage]),
    ...hostSteps(fault),
  ];
}
