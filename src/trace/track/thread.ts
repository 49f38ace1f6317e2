/** What one thread is in the middle of. */
import type { Requested, TdpChanged } from '../read/event.ts';
import type { Descriptor } from '../read/role.ts';
import type { ShadowPage } from './pages.ts';

/** A flush that somebody has to make before a guest runs on what was changed. */
export interface Debt {
  readonly line: number;
  readonly what: string;
}

export interface Thread {
  requested: { readonly event: Requested; readonly line: number } | undefined;
  /** The page that it got last, for the link that follows. */
  got: ShadowPage | undefined;
  /** How that page was printed. */
  gotAs: Descriptor | undefined;
  /** Gfns that it write-protected since. */
  readonly writeProtected: Set<number>;
  lastTdp: TdpChanged | undefined;
  /** Pages that it began to zap since it last entered a guest. */
  zapped: ShadowPage[];
  owed: Debt | undefined;
  /** Whether it turned to other tables since it last made a root. */
  switched: boolean;
}

export const newThread = (): Thread => ({
  requested: undefined,
  got: undefined,
  gotAs: undefined,
  writeProtected: new Set(),
  lastTdp: undefined,
  zapped: [],
  owed: undefined,
  switched: false,
});

/** The oldest debt is kept: one flush pays them all. */
export const owe = (thread: Thread, line: number, what: string): void => {
  thread.owed ??= { line, what };
};
