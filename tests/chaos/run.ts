// `npm run chaos -- [--seconds 600] [--seed N] [--clients 200] [--no-redis] [--plant NAME] [--keep FOLDER]`

import { parseArgs } from 'node:util';
import { chaos } from './chaos.ts';
import { type PlantName, plants } from './plants/plants.ts';
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
    keep: { type: 'string' },
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

const seed = wholeNumber('seed');
console.log(`seed ${seed}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const verdict = await chaos({
  seed,
  seconds: wholeNumber('seconds'),
  clients: wholeNumber('clients'),
  everyMs: wholeNumber('every'),
  redis: !values['no-redis'],
  ...(plant === undefined ? {} : { plant }),
  ...(values.keep === undefined ? {} : { folder: values.keep }),
  say: (text) => console.log(text),
});
console.log(verdictOf(seed, verdict));
process.exit(verdict.violations.length === 0 ? 0 : 1);
