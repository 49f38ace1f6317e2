// Prints `N passed, N failed` from a report of vitest and two exit codes; fails when any failed.
import { readFileSync } from 'node:fs';

const [file, tests, corpus] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
const report =
  text === '' ? { numPassedTests: 0, numFailedTests: 0, testResults: [] } : JSON.parse(text);

// A test file that cannot be loaded has no tests to count.
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
);
const passed = report.numPassedTests + (corpus === '0' ? 1 : 0);
const failedTests = report.numFailedTests + broken.length;
// Type errors and lint findings end the tests before they begin.
const failedBefore = tests !== '0' && failedTests === 0 ? 1 : 0;
const failed = failedTests + failedBefore + (corpus === '0' ? 0 : 1);

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
