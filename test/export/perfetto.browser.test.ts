/** A trace in a viewer of traces that others wrote: speedscope, in Chromium. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { perfettoText } from '../../src/export/perfetto.ts';
import { actorsOf } from '../../src/export/run.ts';
import { chromiumPath } from './html/browser.ts';
import { hostileRun, runEnding } from './runs.ts';

const viewer = join(
  dirname(createRequire(import.meta.url).resolve('speedscope/package.json')),
  'dist',
  'release',
  'index.html',
);

if (chromiumPath === undefined) {
  process.stderr.write(
    'NOT RUN: no trace was opened in speedscope. Install Chromium, or name it: ' +
      'CHROMIUM=/path npm test\n',
  );
}

describe.runIf(chromiumPath !== undefined)('a trace in speedscope', () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: ['--no-sandbox', '--enable-unsafe-swiftshader'],
    });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['of a race', () => runEnding('perm-reduction-no-remote-flush')],
    ['of the notifier', () => runEnding('notifier-without-flush')],
    ['without end', () => runEnding('shadow-endless-nx--nx-read-replaces-exec-table')],
    ['with hostile text', () => hostileRun(runEnding('perm-reduction-no-remote-flush'))],
  ])('%s has a profile for each actor', async (_, runOf) => {
    const run = runOf();
    const file = join(folder, 'run.trace.json');
    writeFileSync(file, perfettoText(run));
    const page = await browser.newPage();
    const refused: string[] = [];
    page.on('dialog', (dialog) => {
      refused.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('pageerror', (error) => refused.push(error.message));
    await page.goto(pathToFileURL(viewer).href);
    await page.setInputFiles('input[type=file]', file);
    const title = page.getByText(/\(pid 1\)/).first();
    await title.waitFor({ timeout: 20_000 });
    const text = (await title.textContent()) ?? '';
    expect(text).toContain(run.found.title);
    await title.click();
    const profiles = await page.getByText(/\(tid \d+\)/).allTextContents();
    for (const actor of actorsOf(run)) {
      expect(profiles.some((name) => name.includes(`${actor} (tid `))).toBe(true);
    }
    expect(refused).toEqual([]);
    await page.close();
  });
});
