// Measures one subject and prints its rows as JSON on the last line: a process of its own for each.

import { subjects } from './subjects.ts';

const name = process.argv[2] ?? '';
const subject = subjects[name];
if (subject === undefined) throw new Error(`no bench named '${name}'`);
const { rows } = await subject.open();
const measured = await rows();
const names = measured.map((row) => row.name);
const twice = names.find((row, at) => names.indexOf(row) !== at);
if (twice !== undefined) throw new Error(`two rows of ${name} are named '${twice}'`);
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
