// The clients of a chaos run, in a process of their own. Told what to do by messages of its parent, one answer to each.

import { Crowd, type CrowdOptions, type CrowdRecords, type Progress } from './crowd.ts';

export type Order =
  | { readonly order: 'open'; readonly options: CrowdOptions }
  | { readonly order: 'start'; readonly startedAt: number }
  | { readonly order: 'progress' }
  | { readonly order: 'finish' };

export type Answer =
  | { readonly to: 'open' | 'start' }
  | { readonly to: 'progress'; readonly progress: Progress }
  | { readonly to: 'finish'; readonly records: CrowdRecords };

let crowd: Crowd | undefined;

async function obey(order: Order): Promise<Answer> {
  if (order.order === 'open') {
    crowd = await Crowd.open(order.options);
    return { to: 'open' };
  }
  if (crowd === undefined) throw new Error('nobody is there yet');
  if (order.order === 'start') {
    crowd.start(order.startedAt);
    return { to: 'start' };
  }
  if (order.order === 'progress') return { to: 'progress', progress: crowd.progress };
  return { to: 'finish', records: await crowd.finish() };
}

process.on('message', (order: Order) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(0));
