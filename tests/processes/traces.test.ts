// OpenTelemetry as operators load it: by NODE_OPTIONS, into every process of a mesh with two edges, and Redis where
// there is one. Spans leave only at the end of each process here, so that the end is tried, too.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../cli/process/version.ts';
import { serviceNames } from '../../cli/services.ts';
import { type CollectedSpan, openCollector } from '../support/collector.ts';
import { hasRedis } from '../support/redis.ts';
import { asha, dataFolder, devToken, ravi, startMesh } from './running-mesh.ts';
import { type Frame, PlainSocket } from './socket.ts';

const caseMs = 120_000;
const neverMs = '600000';
type Created = { readonly conversation: { readonly conversation_id: string } };

/** The spans below one, each with the process that it comes from. */
function tree(spans: readonly CollectedSpan[], parent: CollectedSpan, depth = 0): readonly string[] {
  const children = spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  const line = `${'  '.repeat(depth)}${parent.name} in ${parent.service}`;
  return [line, ...children.flatMap((child) => tree(spans, child, depth + 1))];
}

describe('the processes of a mesh', () => {
  it(
    'send the parts of one trace to a collector',
    async () => {
      const folder = await dataFolder();
      const collector = await openCollector();
      const mesh = await startMesh(
        folder.path,
        {
          NODE_OPTIONS: `--import=${join(packageRoot, 'examples/tracing/otlp.mjs')}`,
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_BSP_SCHEDULE_DELAY: neverMs,
        },
        ['--edges', '2', ...(hasRedis() ? ['--redis'] : [])],
      );
      try {
        const { urls } = await mesh.state();
        const sockets = await Promise.all(
          [asha, ravi].map(async (user, at) => new PlainSocket(urls[at] ?? '', await devToken(mesh.url, user))),
        );
        const [sender] = sockets;
        await Promise.all(sockets.map((socket) => socket.next(({ event }) => event === 'ready')));
        const created = await sender?.call<Created>('conversation.create', {
          request_id: 'the pond',
          type: 'direct',
          participant_keys: [ravi],
        });
        const conversation_id = created?.conversation.conversation_id ?? '';
        const joined = ({ event, data }: Frame) => event === 'joined' && JSON.stringify(data).includes(conversation_id);
        await Promise.all(sockets.map((socket) => socket.next(joined)));
        for (const text of ['the first', 'the second']) {
          const message = { conversation_id, client_message_id: `send ${text}`, content: { type: 'text', text } };
          await sender?.call('message.send', message);
          const shown = ({ event, data }: Frame) => event === 'message.new' && JSON.stringify(data).includes(text);
          await Promise.all(sockets.map((socket) => socket.next(shown)));
        }
        for (const socket of sockets) socket.close();
      } finally {
        await mesh.stop();
        await collector.close();
        await folder.remove();
      }
      const services = `circuit-serve-${serviceNames.join('-')}`;
      const sends = collector.spans.filter(({ name }) => name === 'message.send');
      expect(sends).toHaveLength(2);
      for (const send of sends) {
        expect(tree(collector.spans, send)).toEqual([
          'message.send in circuit-edge',
          `  circuit.chat.v1.ChatService/SendMessage in ${services}`,
          `    append in ${services}`,
          `      insert messages in ${services}`,
          `      publish c in ${services}`,
          '        fan-out c in circuit-edge',
          '        fan-out c in circuit-edge',
        ]);
      }
    },
    caseMs,
  );
});
