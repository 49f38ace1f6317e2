/** The form of a rule: its values, upstream first, what it decides, and where the kernel does. */
export const rule = <const V extends readonly [string, string, ...string[]]>(
  values: V,
  says: string,
  source: readonly string[],
) => ({ values, says, source });
