/** The page in Chromium, opened from a file as a reader would. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { htmlText } from '../../../src/export/html/page.ts';
import { mermaidText } from '../../../src/export/mermaid.ts';
import type { Run } from '../../../src/export/run.ts';
import { hostileRun, hostileText, runEnding } from '../runs.ts';
import { chromiumPath } from './browser.ts';

const batch = () => runEnding('sync-batch-writable-peer');
const race = () => runEnding('perm-reduction-no-remote-flush');
const endless = () => runEnding('shadow-endless-nx--nx-read-replaces-exec-table');
const moving = () => runEnding('notifier-without-flush');

const lastOf = ({ steps }: Run): number => steps.length;

/** The step with most changes among those after which something is owed: it says a lot. */
function busiest({ steps }: Run): Run['steps'][number] {
  const owing = steps.filter(({ changes }) => changes.some((text) => text.startsWith('+ owed')));
  const [first] = owing.toSorted((a, b) => b.changes.length - a.changes.length);
  if (first === undefined) throw new Error('nothing is ever owed');
  return first;
}

/** What the page reports about itself; functions run in the page, which has globals of its own. */
const inPage = <T>(page: Page, code: string): Promise<T> => page.evaluate(code) as Promise<T>;

const visibleStates = (page: Page) =>
  inPage<string[]>(
    page,
    `[...document.querySelectorAll('section.state')]
       .filter((s) => s.checkVisibility()).map((s) => s.id)`,
  );

/** Texts of the visible picture that lie over others, or stick out of their boxes. */
const faultsNow = `(() => {
  const boxes = [...document.querySelectorAll('section.state:not([hidden]) .graph text')]
    .map((t) => ({ t: t.textContent, r: t.getBoundingClientRect() }));
  const over = boxes.flatMap((a, i) => boxes.slice(i + 1)
    .filter((b) => Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left) > 1 &&
      Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top) > 3)
    .map((b) => a.t + ' / ' + b.t));
  const nodes = [...document.querySelectorAll('section.state:not([hidden]) .node')];
  const out = nodes.flatMap((node) => {
    const box = node.querySelector('.box').getBoundingClientRect();
    return [...node.querySelectorAll('text')].filter((t) => {
      const r = t.getBoundingClientRect();
      return r.right > box.right || r.left < box.left || r.bottom > box.bottom + 1;
    }).map((t) => t.textContent);
  });
  return [...over, ...out].map((text) => location.hash + ': ' + text);
})()`;

/** Those of all steps, one after the other. Real keys are pressed by other tests. */
const faultsOfAll = (page: Page, steps: number) =>
  inPage<string[]>(
    page,
    `Array.from({ length: ${steps + 1} }, () => {
       const faults = ${faultsNow};
       document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
       return faults;
     }).flat()`,
  );

/** How many colours a screenshot has, and which part of it is not of the most frequent one. */
async function picture(browser: Browser, page: Page, selector: string) {
  const png = (await page.locator(selector).first().screenshot()).toString('base64');
  const blank = await browser.newPage();
  try {
    return await inPage<{ colours: number; drawn: number }>(
      blank,
      `(async () => {
        const bytes = Uint8Array.from(atob(${JSON.stringify(png)}), (c) => c.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        const words = new Uint32Array(
          context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer);
        const counts = new Map();
        for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
        return { colours: counts.size, drawn: 1 - Math.max(...counts.values()) / words.length };
      })()`,
    );
  } finally {
    await blank.close();
  }
}

if (chromiumPath === undefined) {
  process.stderr.write(
    'NOT RUN: the exported page was opened in no browser. Install Chromium, or name it: ' +
      'CHROMIUM=/path npm test\n',
  );
}

describe.runIf(chromiumPath !== undefined)('the page in Chromium', () => {
  let browser: Browser;
  let folder = '';
  const errors: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
    browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function opened(run: Run, colorScheme: 'light' | 'dark' = 'light', hash = '') {
    const file = join(folder, 'run.html');
    writeFileSync(file, htmlText(run, run.scenes ?? []));
    const page = await browser.newPage({
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width: 1440, height: 900 },
    });
    errors.length = 0;
    requests.length = 0;
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => errors.push(message.text()));
    page.on('dialog', (dialog) => {
      errors.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${pathToFileURL(file).href}${hash}`);
    return page;
  }

  it('opens at the initial state, from a file, and asks for nothing else', async () => {
    const page = await opened(batch());
    expect(await visibleStates(page)).toEqual(['step-0']);
    expect(requests).toHaveLength(1);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('steps with the keys, and keeps step, list, slider and address together', async () => {
    const page = await opened(batch());
    const { number, action, changes } = busiest(batch());
    const last = lastOf(batch());
    for (let n = 0; n < number; n += 1) await page.keyboard.press('ArrowRight');
    expect(await visibleStates(page)).toEqual([`step-${number}`]);
    expect(page.url()).toMatch(new RegExp(`#step-${number}$`));
    const current = page.locator('nav.steps [aria-current=step] .number');
    expect(await current.textContent()).toBe(String(number));
    expect(await page.locator('#step').inputValue()).toBe(String(number));
    expect(await page.locator('#status').textContent()).toBe(
      [`Step ${number} of ${last} ${action.actor} ${action.transition}`, ...changes].join('. '),
    );
    const stored = changes.filter((text) => text.startsWith('spte '));
    expect(stored.length).toBeGreaterThan(1);
    const rows = page.locator('section.state:not([hidden]) .row.changed');
    expect(await rows.count()).toBe(stored.length);
    await page.keyboard.press('ArrowLeft');
    expect(await visibleStates(page)).toEqual([`step-${number - 1}`]);
    await page.keyboard.press('End');
    expect(await visibleStates(page)).toEqual([`step-${last}`]);
    await page.keyboard.press('ArrowRight');
    expect(await visibleStates(page)).toEqual([`step-${last}`]);
    await page.keyboard.press('Home');
    expect(await visibleStates(page)).toEqual(['step-0']);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('goes where is clicked, and by keyboard alone wherever a click goes', async () => {
    const page = await opened(batch());
    await page.locator('nav.steps a').nth(12).click();
    expect(await visibleStates(page)).toEqual(['step-12']);
    await page.locator('#forward').click();
    expect(await visibleStates(page)).toEqual(['step-13']);
    await page.locator('#step').focus();
    await page.keyboard.press('ArrowRight');
    expect(await visibleStates(page)).toEqual(['step-14']);
    await page.locator('#back').focus();
    await page.keyboard.press('Enter');
    expect(await visibleStates(page)).toEqual(['step-13']);
    await page.close();
  });

  it('shows the violation: what it says, what it is about', async () => {
    const page = await opened(batch());
    await page.keyboard.press('v');
    expect(await visibleStates(page)).toEqual([`step-${lastOf(batch())}`]);
    const state = page.locator('section.state:not([hidden])');
    expect(await state.locator('.violation').textContent()).toContain(
      'No leaf is writable or MMU-writable whose gfn is shadowed by a valid page in sync.',
    );
    expect(await state.locator('.row.broken text').allTextContents()).toEqual([
      '[0] pfn 0x2 wux mmu-writable gfn 0x2',
    ]);
    await page.close();
  });

  it('names the steps that led to the violation, and leads there', async () => {
    const page = await opened(race(), 'light', `#step-${lastOf(race())}`);
    const causes = page.locator('section.state:not([hidden]) .causes li');
    expect(await causes.allTextContents()).toEqual(
      race().causes.map(({ step, actor, transition, text }) => {
        return `step ${step} ${actor} in ${transition}: ${text}`;
      }),
    );
    const [first] = race().causes;
    await causes.locator('a').first().click();
    expect(await visibleStates(page)).toEqual([`step-${first?.step}`]);
    const marked = page.locator('nav.steps li:has(.cause) .number');
    expect(await marked.allTextContents()).toContain(String(first?.step));
    await page.close();
  });

  it('marks in the list where a run without end repeats', async () => {
    const page = await opened(endless(), 'dark');
    const loop = page.locator('nav.steps li.loop');
    expect(await loop.allTextContents()).toEqual([
      'for ever from here on: the last state is this one again',
    ]);
    const before = loop.locator('xpath=preceding-sibling::li[1]').locator('.number');
    expect(await before.textContent()).toBe(String(endless().violation?.loop));
    await page.keyboard.press('v');
    expect(await page.locator('section.state:not([hidden]) h3').isVisible()).toBe(true);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('draws the diagram that Mermaid is given, whatever the texts are', async () => {
    const page = await browser.newPage();
    const script = createRequire(import.meta.url).resolve('@mermaid-js/tiny');
    await page.addScriptTag({ path: script });
    for (const run of [race(), endless(), hostileRun(race())]) {
      const svg = await inPage<string>(
        page,
        `mermaid.render('d', ${JSON.stringify(mermaidText(run))}).then(({ svg }) => {
           document.body.innerHTML = svg;
           return svg;
         })`,
      );
      expect(svg).toMatch(/^<svg /);
      expect(svg).not.toContain('<script');
      const drawn = await inPage<number>(page, "document.querySelectorAll('.messageText').length");
      expect(drawn).toBe(run.steps.length);
      const notes = await page.locator('.noteText').allTextContents();
      expect(notes.join(' ')).toContain(`VIOLATION ${run.violation?.property}`);
      const { width, height } = (await page.locator('svg').boundingBox()) ?? {};
      expect([(width ?? 0) > 100, (height ?? 0) > 1000]).toEqual([true, true]);
    }
    await page.close();
  });

  it.each(['light', 'dark'] as const)('is a picture and no empty page, %s', async (scheme) => {
    const page = await opened(batch(), scheme, `#step-${lastOf(batch())}`);
    const shot = await picture(browser, page, 'section.state:not([hidden]) .drawing');
    expect(shot.colours).toBeGreaterThan(40);
    expect(shot.drawn).toBeGreaterThan(0.2);
    const background = await inPage<string>(
      page,
      'getComputedStyle(document.body).backgroundColor',
    );
    expect(background).toBe(scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 23, 28)');
    await page.close();
  });

  it('has no text over another or out of its box, at any step', async () => {
    for (const run of [batch(), race(), moving()]) {
      const page = await opened(run);
      expect(await faultsOfAll(page, run.steps.length)).toEqual([]);
      expect(await visibleStates(page)).toEqual([`step-${lastOf(run)}`]);
      await page.close();
    }
  });

  it('shows all states below each other without its script', async () => {
    const file = join(folder, 'run.html');
    writeFileSync(file, htmlText(race(), race().scenes ?? []));
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(pathToFileURL(file).href);
    expect(await page.locator('section.state').first().isVisible()).toBe(true);
    expect(await page.locator('section.state').last().isVisible()).toBe(true);
    expect(await page.locator('.controls').isVisible()).toBe(false);
    await page.close();
  });

  it('has a name for everything that can be operated, and for every picture', async () => {
    const page = await opened(race());
    const nameless = await inPage<string[]>(
      page,
      `[...document.querySelectorAll('button, input, nav, [role=img]')]
         .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim()))
         .map((e) => e.outerHTML)`,
    );
    expect(nameless).toEqual([]);
    const described = await page.locator(`#graph-${lastOf(race())}-desc`).textContent();
    const pages = race().scenes?.at(-1)?.nodes ?? [];
    expect(pages.length).toBeGreaterThan(2);
    for (const { title, rows } of pages) {
      expect(described).toContain(title);
      for (const { label, text } of rows) expect(described).toContain(`${label} ${text}`);
    }
    await page.close();
  });

  it('shows hostile text as text', async () => {
    const page = await opened(hostileRun(race()));
    await page.keyboard.press('v');
    expect(errors).toEqual([]);
    expect(requests).toHaveLength(1);
    expect(await page.title()).toBe(hostileText.replaceAll(/\s+/g, ' '));
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('header').textContent()).toContain('</script><script>alert(1)');
    await page.close();
  });
});
