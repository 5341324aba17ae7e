import { describe, expect, it } from 'vitest';
import { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import { encoded } from './encoded.ts';

const event = (data: Uint8Array): TopicEvent =>
  TopicEvent.fromPartial({ topic: 'c:000000000042', seq: 17, event: 'message.new', data });

describe('a message encoded by the shared writer', () => {
  it('has the same bytes as by a writer of its own, each in memory of its own', () => {
    const all = [0, 5, 3_000_000, 70].map((size) => event(Buffer.alloc(size, size)));
    const bytes = all.map((message) => encoded(TopicEvent, message));
    for (const [at, message] of all.entries()) {
      expect(Buffer.compare(bytes[at]!, TopicEvent.encode(message).finish())).toBe(0);
    }
  });

  it('is whole after one that could not be encoded', () => {
    const broken = { ...event(Buffer.alloc(8)), seq: Number.NaN };
    expect(() => encoded(TopicEvent, broken)).toThrow();
    const message = event(Buffer.from('after'));
    expect(Buffer.compare(encoded(TopicEvent, message), TopicEvent.encode(message).finish())).toBe(0);
  });
});
