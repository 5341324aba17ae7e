// Test files of services run one after another in a process that has everything loaded: this stands before each of
// them, and closes behind it what its talks opened.

import { afterAll } from 'vitest';
import { closeTalks } from './talk.ts';

afterAll(closeTalks);
