// `npm run chaos -- [--seconds 600] [--seed N] [--clients 200] [--every 3000] [--no-redis] [--plant NAME] [--keep]
// [--folder FOLDER]`

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chaos } from './chaos.ts';
import { keep } from './keep.ts';
import { type PlantName, plants } from './plants/plants.ts';
import { begin, summaryOf } from './summary.ts';
import { verdictOf } from './verdict.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    clients: { type: 'string', default: '200' },
    /** Milliseconds between two actions of one client. */
    every: { type: 'string', default: '3000' },
    'no-redis': { type: 'boolean', default: false },
    plant: { type: 'string' },
    keep: { type: 'boolean', default: false },
    folder: { type: 'string' },
  },
});

const plant = values.plant as PlantName | undefined;
if (plant !== undefined && !Object.hasOwn(plants, plant)) {
  console.error(`there is no plant "${plant}"; there are: ${Object.keys(plants).join(', ')}`);
  process.exit(2);
}
const wholeNumber = (name: 'seconds' | 'seed' | 'clients' | 'every') => {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 0) return number;
  console.error(`--${name} is a whole number`);
  process.exit(2);
};

const asked = { seed: wholeNumber('seed'), seconds: wholeNumber('seconds'), clients: wholeNumber('clients') };
const everyMs = wholeNumber('every');
console.log(`seed ${asked.seed}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const begun = begin();
const verdict = await chaos({
  ...asked,
  everyMs,
  redis: !values['no-redis'],
  ...(plant === undefined ? {} : { plant }),
  ...(values.folder === undefined ? {} : { folder: values.folder }),
  say: (text) => console.log(text),
});
const summary = summaryOf(begun, asked, verdict);
const printed = verdictOf(summary, verdict.violations);
console.log(printed);
if (verdict.violations.length > 0) {
  const all = verdict.violations.map(({ promise, detail }) => `${promise}: ${detail}\n`);
  await writeFile(join(verdict.folder, 'contradictions.txt'), all.join(''));
  console.log(`all contradictions, data and logs in ${verdict.folder}`);
}
if (values.keep) console.log(`kept in ${await keep(summary, printed)}`);
process.exit(verdict.violations.length === 0 ? 0 : 1);
