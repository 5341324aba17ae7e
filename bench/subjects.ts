// What the bench measures, in this order: each subject in a process of its own.

import type { Row } from './row.ts';

export type Subject = {
  readonly title: string;
  readonly open: () => Promise<{ rows(): Promise<readonly Row[]> }>;
};

export const subjects: Readonly<Record<string, Subject>> = {
  schema: { title: 'Codec and validation', open: () => import('./schema/schema.ts') },
  link: { title: 'Link, between edge and services', open: () => import('./link/link.ts') },
  store: { title: 'The embedded store', open: () => import('./store/store.ts') },
  appender: { title: 'The conversation log alone', open: () => import('./chat/appender.ts') },
  fanout: { title: 'Fan-out', open: () => import('./fanout/fanout.ts') },
  idle: { title: 'Idle sockets', open: () => import('./idle/idle.ts') },
  sends: { title: 'Sends, stored and delivered', open: () => import('./sends/sends.ts') },
  latency: { title: 'From send to delivery', open: () => import('./latency/latency.ts') },
  cuts: { title: 'Lines that are cut', open: () => import('./cuts/cuts.ts') },
  writes: { title: 'Writes of a send', open: () => import('./writes/writes.ts') },
  history: { title: 'Pages of history', open: () => import('./history/history.ts') },
};
