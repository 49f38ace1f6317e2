/**
 * A scripted run of the model: the test does its passes, one vCPU after the other, and what the
 * transitions taken come to is counted. There is no search and no choice: hardware keeps nothing,
 * and nobody contends for a lock.
 */
import { createMachine, gpte, type Costs, type Kvm } from '../../model/index.ts';
import type { Machine } from '../engine/machine/index.ts';
import { compileMachine, type Program } from '../engine/program.ts';
import {
  configFor,
  hasPmlBuffer,
  isWritten,
  pagesOf,
  type LargeEntry,
  type Setting,
} from './setting.ts';

export const phases = [
  'populate',
  'enable',
  'pass 1',
  'harvest 1',
  'pass 2',
  'harvest 2',
  'disable',
  'pass 3',
] as const;
export type Phase = (typeof phases)[number];

export const counted = ['locked', 'lockless', 'pages', 'sptes', 'rmaps', 'flushes'] as const;
export type Counted = (typeof counted)[number];

/**
 * Faults during which the vCPU held mmu_lock for write, and others; shadow pages allocated; SPTEs
 * changed; rmaps looked through for the log; flushes of all vCPUs.
 */
export type Counts = Record<Counted, number>;

export type Measured = Readonly<Record<Phase, Readonly<Counts>>>;

const none = (): Counts => ({ locked: 0, lockless: 0, pages: 0, sptes: 0, rmaps: 0, flushes: 0 });

/** More steps than any operation of these sizes takes: a script that goes round is wrong. */
const STEPS_MAX = 100_000;

interface Instance {
  readonly id: number;
  readonly isSure: (kvm: Kvm) => boolean;
}

/** Instances by who acts, those that are somebody's choice to begin left out. */
function byActor(program: Program<Kvm>): ReadonlyMap<string, readonly Instance[]> {
  const map = new Map<string, Instance[]>();
  for (const { id, transition, args } of program.instances) {
    const { actor, sure } = program.machine.transitions[transition] ?? {};
    if (actor === undefined) continue;
    const [a, b, c, d] = args;
    const isSure = (kvm: Kvm) => sure?.(kvm, a, b, c, d) ?? true;
    const own = map.get(actor(...args)) ?? [];
    own.push({ id, isSure });
    map.set(actor(...args), own);
  }
  return map;
}

const largeEntry: LargeEntry = (gfn, access) =>
  gpte({ gfn, large: true, ...(access === undefined ? {} : { access }) });

export class Run {
  readonly #setting: Setting;
  readonly #program: Program<Kvm>;
  readonly #costs: Costs = { flushes: 0, rmaps: 0 };
  readonly #instances: ReadonlyMap<string, readonly Instance[]>;
  readonly #counts = new Map<Phase, Counts>(phases.map((phase) => [phase, none()]));
  #phase: Phase = 'populate';

  constructor(setting: Setting) {
    this.#setting = setting;
    const config = configFor(setting, largeEntry, this.#costs);
    const machine = createMachine('matrix', config) as unknown as Machine<Kvm>;
    this.#program = compileMachine(machine);
    this.#instances = byActor(this.#program);
    this.#program.initialise(0);
  }

  get #now(): Counts {
    return this.#counts.get(this.#phase) ?? none();
  }

  /** Errors: throws when the step is not enabled: the script is wrong. */
  #take(id: number): void {
    if (!this.#tryTake(id)) throw new Error(`${this.#program.actionOf(id).transition} is disabled`);
  }

  #tryTake(id: number): boolean {
    const { flushes, rmaps } = this.#costs;
    const { current } = this.#program;
    if (!this.#program.execute(id)) return false;
    const now = this.#now;
    now.flushes += this.#costs.flushes - flushes;
    now.rmaps += this.#costs.rmaps - rmaps;
    const { before } = this.#program;
    for (let sp = 0; sp < current.sp.length; sp += 1) {
      const [was, is] = [before.sp.at(sp), current.sp.at(sp)];
      if (was.list === 'free' && is.list !== 'free') now.pages += 1;
      for (let i = 0; i < is.spt.length; i += 1) if (was.spt.get(i) !== is.spt.get(i)) now.sptes++;
    }
    return true;
  }

  /** Takes the first step that the actor is sure to take; `false` when there is none. */
  #advance(actor: string): boolean {
    const { current } = this.#program;
    for (const { id, isSure } of this.#instances.get(actor) ?? []) {
      if (isSure(current) && this.#tryTake(id)) return true;
    }
    return false;
  }

  #named(transition: string, args: Readonly<Record<string, string | number>>): number {
    const id = this.#program.instanceOf({ transition, args });
    if (id === undefined) throw new Error(`there is no ${transition} ${JSON.stringify(args)}`);
    return id;
  }

  /** Runs a vCPU until it is in the guest. Returns whether it held mmu_lock on the way. */
  #toGuest(v: number): boolean {
    const { current } = this.#program;
    let locked = false;
    for (let n = 0; current.vcpu.at(v).pc !== 'guest'; n += 1) {
      if (n > STEPS_MAX || !this.#advance(`vcpu${v}`)) throw new Error(`vcpu${v} is stuck`);
      locked ||= current.mmu_lock.holder === v;
    }
    return locked;
  }

  /** Repeats an access until it completes. */
  #access(v: number, va: number, kind: string): void {
    const id = this.#named('guestAccess', { v, va: `0x${va.toString(16)}`, kind });
    const { current } = this.#program;
    for (let n = 0; n < STEPS_MAX; n += 1) {
      this.#take(id);
      if (current.vcpu.at(v).pc === 'guest') return;
      if (this.#toGuest(v)) this.#now.locked += 1;
      else this.#now.lockless += 1;
    }
    throw new Error('the access never completes');
  }

  /** Every vCPU touches each of its pages once, in order. */
  #pass(isWrite: (page: number) => boolean): void {
    const { vcpus, executes } = this.#setting;
    const read = executes === true ? 'ux' : 'ur';
    const pages = pagesOf(this.#setting);
    for (let page = 0; page < pages; page += 1) {
      for (let v = 0; v < vcpus; v += 1) {
        this.#access(v, v * pages + page, isWrite(page) ? 'uw' : read);
      }
    }
  }

  /**
   * A call of userspace, to its return. Of several that it could make, the first. What is named
   * `failing` happens as soon as it can.
   */
  #call(transition: string, failing?: string): void {
    const { instances, machine } = this.#program;
    const id = instances.findIndex((i) => machine.transitions[i.transition]?.name === transition);
    this.#take(id);
    const fails = () => failing !== undefined && this.#tryTake(this.#named(failing, {}));
    for (let n = 0; fails() || this.#advance('ioctl'); n += 1) {
      if (n > STEPS_MAX) throw new Error(`${transition} never returns`);
    }
    const { dirty_log, mmu_lock } = this.#program.current;
    if (dirty_log.pc !== 'idle' || mmu_lock.holder !== null) throw new Error(`${transition} hangs`);
  }

  #harvest(): void {
    // kvm_arch_sync_dirty_log(): vCPUs leave the guest and empty what the processor has logged.
    for (let v = 0; hasPmlBuffer(this.#setting) && v < this.#setting.vcpus; v += 1) {
      this.#tryTake(this.#named('vmx_flush_pml_buffer', { v }));
    }
    // Where nothing is dirty, the call does nothing.
    if (this.#program.current.dirty_log.dirty_bitmap.bits === 0) return;
    if (this.#setting.log === 'get') this.#call('kvm_get_dirty_log_protect');
    else this.#call('kvm_clear_dirty_log_protect');
  }

  /** All phases, in order. Call once. */
  measure(): Measured {
    const { vcpus, readOnly, protectedBefore } = this.#setting;
    const writes = (page: number) => isWritten(this.#setting, page);
    for (let v = 0; v < vcpus; v += 1) this.#toGuest(v);
    this.#pass(() => readOnly !== true);
    if (protectedBefore === true) {
      this.#call('kvm_update_flags_memslot', 'topup_split_caches.fail');
      this.#call('kvm_update_flags_memslot');
    }
    this.#phase = 'enable';
    this.#call('kvm_update_flags_memslot');
    this.#phase = 'pass 1';
    this.#pass(writes);
    this.#phase = 'harvest 1';
    this.#harvest();
    this.#phase = 'pass 2';
    this.#pass(writes);
    this.#phase = 'harvest 2';
    this.#harvest();
    this.#phase = 'disable';
    this.#call('kvm_update_flags_memslot');
    this.#phase = 'pass 3';
    this.#pass(() => readOnly !== true);
    return Object.fromEntries(this.#counts) as Measured;
  }
}
