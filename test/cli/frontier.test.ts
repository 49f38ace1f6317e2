/** States that can be kept nowhere end a command in words, with 74. */
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/checker/fault.ts';
import { withFrontierFaults } from '../../src/cli/frontier.ts';
import { SpillError } from '../../src/engine/search/spill-file.ts';

describe('a search whose states can be kept nowhere', () => {
  const faultOf = async (error: Error): Promise<unknown> =>
    withFrontierFaults(Promise.reject(error)).catch((fault: unknown) => fault);

  it('is a fault of what is written, which says what to do', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    const fault = (await faultOf(new SpillError('/var/tmp', full))) as Fault;
    expect(fault).toBeInstanceOf(Fault);
    expect(fault.exit).toBe(74);
    expect(fault.lines()).toEqual([
      'error KMC-601: /var/tmp: states cannot be kept there: the disk is full',
      '  Name a folder with more room: --state-dir',
    ]);
  });

  it('hides no other error', async () => {
    const error = new RangeError('something else');
    expect(await faultOf(error)).toBe(error);
  });
});
