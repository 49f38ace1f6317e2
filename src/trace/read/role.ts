/** The role word of a shadow page, and the descriptor of one as the tracepoints print it. */
import type { KernelFamily } from './spte.ts';

export interface Role {
  /** Without the invalid bit. */
  readonly word: number;
  readonly level: number;
  readonly direct: boolean;
  /** Bits u w x, as letters in print order. */
  readonly access: string;
  readonly invalid: boolean;
  readonly fourByte: boolean;
  readonly quadrant: number;
  readonly guestMode: boolean;
  /** Shadows nothing although it is not direct; unknown where the word is not printed. */
  readonly passthrough: boolean;
  readonly smm: boolean;
}

const has = (word: number, n: number): boolean => ((word >>> n) & 1) === 1;

/** kvm_mmu_page_role, from bit 0. */
export function parseRole(word: number, family: KernelFamily): Role {
  const wide = family === '7.x';
  const letters = wide
    ? [has(word, 8) ? 'r' : '-', has(word, 9) ? 'w' : '-', has(word, 10) ? 'u' : '-']
    : [has(word, 9) ? 'w' : '-', has(word, 10) ? 'u' : '-'];
  const exec = has(word, wide ? 11 : 8) ? 'x' : '-';
  return {
    word: word & ~(1 << (wide ? 12 : 11)),
    level: word & 15,
    direct: has(word, 7),
    access: [...letters, exec].join(''),
    invalid: has(word, wide ? 12 : 11),
    fourByte: has(word, 4) !== (family === '5.10'),
    quadrant: (word >>> 5) & 3,
    guestMode: has(word, 17),
    passthrough: family !== '5.10' && has(word, 18),
    smm: word >>> 24 !== 0,
  };
}

/** Whether every right of `child` is a right of `parent`; both printed by one kernel. */
export const isAccessWithin = (child: string, parent: string): boolean =>
  child.split('').every((letter, i) => letter === '-' || letter === parent[i]);

/** A shadow page as one line describes it, before the event takes effect. */
export interface Descriptor {
  /** mmu_valid_gen, where it is printed. */
  readonly gen: number | undefined;
  readonly gfn: number;
  readonly level: number;
  readonly direct: boolean;
  readonly access: string;
  readonly invalid: boolean;
  /** Vcpus that have it as a root. */
  readonly root: number;
  readonly unsync: boolean;
  /** The raw word, where it is printed. */
  readonly role: number | undefined;
  /** Equal for pages that the print does not tell apart. */
  readonly key: string;
}

/** `sp gen 0 gfn 102 l1 8-byte q0 direct wux invalid !nxe !ad root 0 unsync new`. */
const printed = new RegExp(
  [
    '^sp gen (\\d+) gfn ([0-9a-f]+) l(\\d) ([48])-byte q(\\d)( direct)? ([-rwux]{3,4})',
    '( invalid)? (!?nxe) (!?ad) root (-?\\d+) (sync|unsync)(?: (new|existing))?[ \\0]*$',
  ].join(''),
);

/** The KVM plugin of trace-cmd: `new sp gfn 2 4 q0 wux !pae nxe wp root 0 sync`. */
const byPlugin = new RegExp(
  [
    '^(?:(new|existing) )?sp gfn ([0-9a-f]+) (\\d)(?: \\S+)? q(\\d)( direct)? ([-rwux]{3,4})',
    '( invalid)? (.*?) ?root (-?\\d+) (sync|unsync)$',
  ].join(''),
);

export interface Described {
  readonly sp: Descriptor;
  readonly created: boolean | undefined;
}

function fromKernel(text: string): Described | undefined {
  const m = printed.exec(text);
  if (m === null) return undefined;
  const [, gen = '', gfn = '', level = '', size = '', q = '', direct, access = ''] = m;
  const [invalid, nxe = '', ad = '', root = '', sync = '', how] = m.slice(8);
  const sp: Descriptor = {
    gen: Number(gen),
    gfn: Number.parseInt(gfn, 16),
    level: Number(level),
    direct: direct !== undefined,
    access,
    invalid: invalid !== undefined,
    root: Number(root),
    unsync: sync === 'unsync',
    role: undefined,
    key: [gen, gfn, level, size, q, direct ?? '', access, nxe, ad].join(' '),
  };
  return { sp, created: how === undefined ? undefined : how === 'new' };
}

function fromPlugin(text: string): Described | undefined {
  const m = byPlugin.exec(text);
  if (m === null) return undefined;
  const [, how, gfn = '', level = '', q = '', direct, access = ''] = m;
  const [invalid, modes = '', root = '', sync = ''] = m.slice(7);
  const sp: Descriptor = {
    gen: undefined,
    gfn: Number.parseInt(gfn, 16),
    level: Number(level),
    direct: direct !== undefined,
    access,
    invalid: invalid !== undefined,
    root: Number(root),
    unsync: sync === 'unsync',
    role: undefined,
    key: `${gfn} ${level} ${q}${direct === undefined ? '' : 'd'} ${access} ${modes}`,
  };
  return { sp, created: how === undefined ? undefined : how === 'new' };
}

const rawForm =
  /^mmu_valid_gen=(\d+) gfn=(\d+) role=(\d+) root_count=(-?\d+) unsync=([01])(?: created=([01]))?$/;

/** `trace-cmd report -R`: everything decimal, and the whole role word. */
function fromRaw(text: string, family: KernelFamily): Described | undefined {
  const m = rawForm.exec(text);
  if (m === null) return undefined;
  const [, gen = '', gfn = '', word = '', root = '', unsync, created] = m;
  const role = parseRole(Number(word), family);
  const identity = Number(word) & ~(1 << (family === '7.x' ? 12 : 11));
  const sp: Descriptor = {
    gen: Number(gen),
    gfn: Number(gfn),
    level: role.level,
    direct: role.direct,
    access: role.access,
    invalid: role.invalid,
    root: Number(root),
    unsync: unsync === '1',
    role: Number(word),
    key: `${gen} ${gfn} role ${identity}`,
  };
  return { sp, created: created === undefined ? undefined : created === '1' };
}

/** Undefined: not of any known form. */
export function parseDescriptor(text: string, family: KernelFamily): Described | undefined {
  if (text.startsWith('sp gen')) return fromKernel(text);
  return text.startsWith('mmu_valid_gen=') ? fromRaw(text, family) : fromPlugin(text);
}

/** As KVM prints it, for messages. */
export const descriptorText = (sp: Descriptor): string =>
  [
    `sp gfn ${sp.gfn.toString(16)} l${sp.level}`,
    ...(sp.direct ? ['direct'] : []),
    sp.access,
    ...(sp.invalid ? ['invalid'] : []),
    sp.unsync ? 'unsync' : 'sync',
  ].join(' ');
