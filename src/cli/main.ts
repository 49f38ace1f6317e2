#!/usr/bin/env node
/** The program. */
import { catalogue } from '../checker/instance.ts';
import { runProcess } from './process.ts';

await runProcess(catalogue);
