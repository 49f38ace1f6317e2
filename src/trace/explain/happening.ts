/**
 * What a trace and a run of the model have in common: things that happen to shadow pages, leaves
 * and vCPUs, said in one vocabulary. Numbers are those of the side that saw it; a pattern renames
 * the ones to the others.
 */

export type Act =
  | 'page-created'
  | 'page-unsynced'
  | 'page-synced'
  | 'page-zapped'
  | 'page-linked'
  | 'leaf-set'
  | 'leaf-dropped'
  | 'leaf-protected'
  | 'flushed'
  | 'entered';

export const host = -1;

export interface PageSeen {
  readonly id: number;
  readonly gfn: number;
  /** Above level 1. */
  readonly upper: boolean;
  readonly direct: boolean;
  /** Whether it is unsync when the thing happens. */
  readonly unsync: boolean;
}

export interface LeafSeen {
  readonly id: number;
  readonly gfn: number;
  readonly pfn: number;
  /** The page that its table belongs to, where that is known. */
  readonly page: number | undefined;
  /** Above level 1. */
  readonly huge: boolean;
  /** Undefined: it does not matter. */
  readonly writable: boolean | undefined;
  /** In a direct page: whether it maps the gfn that its place stands for. */
  readonly fits: boolean | undefined;
  /** When it is set by a fault: whether it maps the frame that the fault found. */
  readonly asFound: boolean | undefined;
}

/** How a linked page goes with the page above it. */
export interface LinkSeen {
  readonly levelBelow: boolean;
  readonly accessWithin: boolean;
  readonly parentDirect: boolean;
}

export interface Happening {
  readonly act: Act;
  /** The thread, or the vCPU; `host`: the MMU notifier, whatever thread it runs on. */
  readonly actor: number;
  readonly page?: PageSeen;
  readonly leaf?: LeafSeen;
  readonly link?: LinkSeen;
}

/** Something that happened in a trace. */
export interface Witnessed extends Happening {
  readonly line: number;
  readonly thread: number;
}

const takesAway: ReadonlySet<Act> = new Set<Act>(['page-zapped', 'leaf-dropped', 'leaf-protected']);

/** Whether hardware may still use what is gone, so that a flush is due. */
export const wantsFlush = ({ act }: Happening): boolean => takesAway.has(act);

const inWords: Readonly<Record<Act, string>> = {
  'page-created': 'created',
  'page-unsynced': 'becomes unsync',
  'page-synced': 'becomes sync',
  'page-zapped': 'is zapped',
  'page-linked': 'is linked',
  'leaf-set': 'is set',
  'leaf-dropped': 'is dropped',
  'leaf-protected': 'loses its write right',
  flushed: 'flush',
  entered: 'a vCPU enters the guest',
};

const hex = (n: number): string => n.toString(16);

function pageWords({ gfn, upper, direct, unsync }: PageSeen): string {
  const kind = `${upper ? 'upper' : 'leaf'}${direct ? ', direct' : ''}${unsync ? ', unsync' : ''}`;
  return `page of gfn ${hex(gfn)} (${kind})`;
}

function leafWords({ gfn, huge, writable, fits, asFound }: LeafSeen, isSet: boolean): string {
  const said = [
    ...(writable === undefined ? [] : [writable ? 'writable' : 'read-only']),
    ...(fits === false ? ['not the gfn of its place'] : []),
    ...(asFound === false ? ['not the frame that the fault found'] : []),
  ];
  const shown = isSet && said.length > 0 ? ` (${said.join(', ')})` : '';
  return `${huge ? 'huge ' : ''}leaf of gfn ${hex(gfn)}${shown}`;
}

/** `page of gfn 102 (leaf) becomes unsync`. */
export function happeningText({ act, page, leaf }: Happening): string {
  const words = inWords[act];
  if (page !== undefined) return `${pageWords(page)} ${words}`;
  if (leaf !== undefined) return `${leafWords(leaf, act === 'leaf-set')} ${words}`;
  return words;
}
