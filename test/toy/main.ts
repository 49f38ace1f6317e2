/** The toy as a program, for what only a process can show: signals, pipes, exit codes. */
import { runProcess } from '../../src/cli/process.ts';
import { slowCatalogue, toyCatalogue } from './catalogue.ts';

await runProcess(process.env['TOY_IS_SLOW'] === '1' ? slowCatalogue : toyCatalogue);
