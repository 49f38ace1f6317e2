/** Chromium, where it is installed: `CHROMIUM` names it, else the usual places are tried. */
import { existsSync } from 'node:fs';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

export const chromiumPath: string | undefined = [
  process.env['CHROMIUM'] ?? '',
  ...usualPlaces,
].find((path) => path !== '' && existsSync(path));
