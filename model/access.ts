/** Access rights, and the guest accesses that they permit. Kernel: permission_fault(). */

export const ACC_EXEC_MASK = 1;
export const ACC_WRITE_MASK = 2;
export const ACC_USER_MASK = 4;
export const ACC_ALL = ACC_EXEC_MASK | ACC_WRITE_MASK | ACC_USER_MASK;

/**
 * First letter user, supervisor, or supervisor with EFLAGS.AC set; second letter read, write or
 * execute.
 */
export type AccessKind = 'ur' | 'uw' | 'ux' | 'sr' | 'sw' | 'sx' | 'ar' | 'aw';

// Comparing whole words takes a fraction of the time of looking at letters, and every walk asks.
export const isUser = (kind: AccessKind): boolean =>
  kind === 'ur' || kind === 'uw' || kind === 'ux';
export const isWrite = (kind: AccessKind): boolean =>
  kind === 'uw' || kind === 'sw' || kind === 'aw';
export const isExec = (kind: AccessKind): boolean => kind === 'ux' || kind === 'sx';

/** The same access for those who do not look at EFLAGS.AC. */
export const withoutAc = (kind: AccessKind): AccessKind => {
  if (kind === 'ar') return 'sr';
  return kind === 'aw' ? 'sw' : kind;
};

/**
 * Whether rights permit an access. With CR0.WP clear a supervisor may write read-only pages.
 * SMEP and SMAP come on top: see `modes.ts`. Manual: "Determination of Access Rights".
 */
export const permits = (access: number, kind: AccessKind, cr0_wp: boolean): boolean => {
  if (isUser(kind) && (access & ACC_USER_MASK) === 0) return false;
  if (isExec(kind) && (access & ACC_EXEC_MASK) === 0) return false;
  if (!isWrite(kind) || (access & ACC_WRITE_MASK) !== 0) return true;
  return !isUser(kind) && !cr0_wp;
};

/** Rights as the kernel's tracepoints print them: `wux`, `-u-`. */
export const accessText = (access: number): string =>
  (access & ACC_WRITE_MASK ? 'w' : '-') +
  (access & ACC_USER_MASK ? 'u' : '-') +
  (access & ACC_EXEC_MASK ? 'x' : '-');
