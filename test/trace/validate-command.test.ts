import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { traceRules } from '../../src/trace/rules/index.ts';
import { toyEnvironment, type Recorded } from '../toy/catalogue.ts';
import { sarifErrors } from '../report/validators.ts';
import { traceText } from './lines.ts';

const traces = join(import.meta.dirname, '..', 'traces');
const healthy = join(traces, 'healthy', '6.12.117-shadow-unsync.trace.txt.gz');
const tampered = join(traces, 'tampered', 'missing-flush.trace.txt.gz');
const root = join(import.meta.dirname, '..', '..');

async function run(...words: string[]): Promise<Recorded & { code: number }> {
  const recorded = { out: '', err: '' };
  const code = await runCli(['validate', ...words], toyEnvironment(recorded));
  return { ...recorded, code };
}

describe('validate', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it('accepts a healthy trace with 0, and says what was not exercised', async () => {
    const { out, code } = await run(healthy);
    expect(code).toBe(0);
    expect(out).toMatch(/^ACCEPTED {2}\d+ rules hold in \d+ cases/m);
    expect(out).toMatch(/^not exercised {2}\d+ of \d+ rules$/m);
    expect(out).toMatch(/tdp-old-never-frozen +the trace has no kvm_tdp_mmu_spte_changed/);
    expect(out).toContain('kernel   its own marker');
  });

  it('refuses with 1, and shows the line, what it depends on, and why', async () => {
    const { out, code } = await run(tampered, '--context', '1');
    expect(code).toBe(1);
    expect(out).toContain('VIOLATION  flush-before-entry   at line 684');
    expect(out).toMatch(/^\* 682 .* drop_spte: /m);
    expect(out).toMatch(/^> 684 .* kvm_entry: /m);
    expect(out).toMatch(/^ {2}685 .* kvm_exit: /m);
    expect(out).toContain('because  line 682: a leaf is removed');
    expect(out).toContain('model    owed-flush-is-paid-before-unlock');
    expect(out).toContain('REFUSED  by flush-before-entry');
  });

  it('judges the rules of --only alone', async () => {
    expect((await run(tampered, '--only', 'spte-pfn-aligned')).code).toBe(0);
    expect((await run(tampered, '--only', 'flush-before-entry', '-q')).out).toMatch(
      /^REFUSED.*\n$/,
    );
  });

  it('is inconclusive with 2 when events were lost, or no rule had a case', async () => {
    const lines = traceText(['kvm_entry: vcpu 0, rip 0x1']);
    const lost = await run(file('lost', [...lines, 'CPU:0 [LOST 5 EVENTS]', ''].join('\n')));
    expect(lost.code).toBe(2);
    expect(lost.out).toMatch(/^missing {2}from line 4 on: 5 events of CPU 0 were lost$/m);
    expect((await run(file('empty', `${lines.join('\n')}\n`))).out).toContain('no rule had a case');
  });

  it('reports a line that the file ends in', async () => {
    const { out, code } = await run(file('cut', traceText(['kvm_entry: vc']).join('\n')));
    expect(code).toBe(2);
    expect(out).toMatch(/^bad line 3 is cut off: /m);
  });

  it('refuses wrong usage with 64', async () => {
    const unknown = await run(healthy, '--only', 'flush-before-entr');
    expect(unknown.code).toBe(64);
    expect(unknown.err).toMatch(/KMC-101: unknown rule "flush-before-entr"\n {2}nearest: flush-b/);
    expect((await run(healthy, '--kernel', 'new')).err).toContain('KMC-102');
    expect((await run(healthy, '--context', '-1')).code).toBe(64);
    expect((await run()).code).toBe(64);
  });

  it('refuses what is no trace with 65', async () => {
    const missing = await run(join(folder, 'absent'));
    expect([missing.code, missing.err.slice(0, 14)]).toEqual([65, 'error KMC-301:']);
    const packed = readFileSync(healthy);
    const cut = await run(file('cut.gz', packed.subarray(0, packed.length / 2)));
    expect([cut.code, cut.err.slice(0, 14)]).toEqual([65, 'error KMC-302:']);
    expect(cut.err).toMatch(/after line \d+/);
    const other = await run(file('other', '{"schema": 1}\n'));
    expect([other.code, other.err.slice(0, 14)]).toEqual([65, 'error KMC-303:']);
  });

  it('reads Windows line endings, and refuses what is empty or binary', async () => {
    const lines = gunzipSync(readFileSync(healthy)).toString();
    const verdict = async (path: string) => (await run(path, '-q')).out.replace(path, '');
    const windows = file('windows', lines.replaceAll('\n', '\r\n'));
    expect(await verdict(windows)).toBe(await verdict(healthy));
    const binary = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256);
    for (const content of ['', binary, gzipSync('')]) {
      const { code, err } = await run(file('odd', content));
      expect([code, err.slice(0, 14)]).toEqual([65, 'error KMC-303:']);
    }
    const folderItself = await run(folder);
    expect([folderItself.code, folderItself.err.slice(0, 14)]).toEqual([65, 'error KMC-301:']);
  });

  it('shows how far it is, once a second', async () => {
    const recorded = { out: '', err: '' };
    let now = 0;
    const environment = toyEnvironment(recorded, { now: () => (now += 1500) });
    expect(await runCli(['validate', healthy, '-q', '--progress'], environment)).toBe(0);
    expect(recorded.err).toMatch(/6\.12\.117-shadow-unsync\.trace\.txt\.gz: [\d,]+ lines\n/);
  });

  it('summarises events and their course', async () => {
    const { out } = await run(healthy, '--summary');
    expect(out).toMatch(/^ {2}kvm_mmu_unsync_page +12$/m);
    expect(out).toMatch(/^ {2}kvm_mmu_paging_element +[\d,]+ {2}skipped$/m);
    expect(out).toMatch(/^ {2}unsync pages +max \d+ {2}\|[ .:=+*#%@-]+\|$/m);
  });

  it('says all of it as JSON, and as a stream of JSON', async () => {
    const { out } = await run(tampered, healthy, '--format', 'json');
    const { schema, traces } = JSON.parse(out) as { schema: string; traces: unknown[] };
    expect(schema).toBe('kvm-mmu-check/validation@1');
    expect(traces).toMatchObject([
      {
        verdict: 'refused',
        violations: [{ rule: 'flush-before-entry', line: 684, because: [{ line: 682 }] }],
      },
      { verdict: 'accepted', kernel: { source: 'marker' }, violations: [] },
    ]);
    const events = (await run(tampered, '--format', 'ndjson')).out.trim().split('\n');
    expect(events.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'violation',
      'end',
    ]);
  });

  it('writes JUnit, SARIF and a picture', async () => {
    const at = (name: string) => join(folder, name);
    const place = (startLine: number, says: string | RegExp) => ({
      physicalLocation: { region: { startLine } },
      message: { text: expect.stringMatching(says) as string },
    });
    const files = ['--junit', at('j.xml'), '--sarif', at('s.sarif'), '--svg', at('t.svg')];
    expect((await run(tampered, ...files)).code).toBe(1);
    const text = (name: string) => readFileSync(at(name), 'utf8');
    const junit = text('j.xml');
    expect(junit).toMatch(/<testsuite name="[^"]+" tests="\d+" failures="1" errors="0" skipped=/);
    expect(junit).toMatch(/<failure message="1 of \d+ cases, first at line 684"/);
    expect(junit.match(/<testcase /g)).toHaveLength(traceRules.length);
    const { runs } = JSON.parse(text('s.sarif')) as { runs: unknown[] };
    expect(runs).toMatchObject([
      {
        tool: { driver: { name: 'kvm-mmu-check' } },
        results: [
          {
            ruleId: 'flush-before-entry',
            level: 'error',
            locations: [{ physicalLocation: { region: { startLine: 684 } } }],
            relatedLocations: [{ physicalLocation: { region: { startLine: 682 } } }],
          },
        ],
      },
    ]);
    expect(sarifErrors(text('s.sarif'))).toEqual([]);
    expect(runs).toMatchObject([
      {
        results: [
          {
            codeFlows: [
              {
                threadFlows: [
                  {
                    id: 'vmm-746',
                    locations: [
                      { executionOrder: 1, location: place(682, 'a leaf is removed') },
                      { executionOrder: 2, location: place(684, /still owed$/) },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
    ]);
    expect(text('t.svg')).toMatch(
      /^<\?xml.*\n<svg [^>]+>\n  <title>.*refused.*<\/title>[^]*<\/svg>\n$/,
    );
    expect((await run(tampered, healthy, '--svg', at('t.svg'))).code).toBe(64);
  });

  it('reads standard input, packed or not', () => {
    const main = join(root, 'dist', 'src', 'cli', 'main.js');
    const { stdout, status } = spawnSync(process.execPath, [main, 'validate', '-'], {
      input: readFileSync(tampered),
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^> 684 .* kvm_entry: /m);
  });

  it('ends a pipe at a signal, with what was seen so far', async () => {
    const main = join(root, 'dist', 'src', 'cli', 'main.js');
    const child = spawn(process.execPath, [main, 'validate', '-', '-q', '--progress']);
    let out = '';
    child.stdout.on('data', (part: Buffer) => (out += part.toString()));
    child.stdin.write(gunzipSync(readFileSync(healthy)));
    // It says that it is reading when lines have come for a second.
    const more = setInterval(() => child.stdin.write('\n'), 100);
    child.stderr.once('data', () => {
      clearInterval(more);
      child.kill('SIGINT');
    });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(130);
    expect(out).toMatch(/^ACCEPTED /);
  });

  it('says in JUnit that a trace is not complete', async () => {
    const trace = file(
      'open',
      traceText(['kvm_entry: vcpu 0']).concat('CPU:0 [LOST 1 EVENTS]\n').join('\n'),
    );
    const junit = join(folder, 'open.xml');
    expect((await run(trace, '--junit', junit)).code).toBe(2);
    expect(readFileSync(junit, 'utf8')).toMatch(
      /errors="1".*[\s\S]*<error message="from line 4 on/,
    );
  });

  it('shows the first violations of each rule, and counts all', async () => {
    const bad = Array.from({ length: 5 }, (_, i) => [
      `drop_spte: (f+0x0/0x1 [kvm]) sptep=0xffff88800000${i}000 spte=0x77e67`,
      'kvm_entry: vcpu 0, rip 0x1',
    ]).flat();
    const flush = 'flush_remote: (f+0x4/0x50 [kvm])';
    const trace = file('many', `${traceText([flush, ...bad]).join('\n')}\n`);
    const { out } = await run(trace, '--max-errors', '2');
    expect(out.match(/^VIOLATION /gm)).toHaveLength(2);
    expect(out).toContain('(5 times)');
  });
});
