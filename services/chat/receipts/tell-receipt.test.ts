import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeliveryStatusEvent } from '../../../gen/circuit/chat/v1/events.ts';
import { perform } from '../log/testing/actions.ts';
import { asha, makeGroup, openTestLogs, type Process, sayIn, type TestLogs } from '../log/testing/test-logs.ts';
import { hintLimits } from './tell-receipt.ts';

const { sendersMax, entriesMax } = hintLimits;

let logs: TestLogs;
let here: Process;
beforeAll(async () => {
  logs = await openTestLogs();
  here = logs.process();
});
afterAll(() => logs.close());

const people = Array.from({ length: sendersMax + 8 }, (_, at) => String(300000000000 + at));

/** Who was told that Asha read up to `seq`, in order. */
const toldOf = (seq: number) =>
  here.published
    .filter(({ event, data }) => event === 'delivery.status' && DeliveryStatusEvent.decode(data).readSeq === seq)
    .map(({ topic }) => topic);

const read = (pond: string, seq: number) =>
  perform(here, pond, { by: asha, requestId: `read ${seq}`, action: { do: 'read', seq } }, logs.now());

describe('what somebody read', () => {
  it('is told to their own devices and to the newest 32 who sent it', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ...people]);
    for (const key of people) await sayIn(here, pond, key, `by ${key}`, logs.now());
    const head = people.length + 1;
    await read(pond, head);
    const newest = people.toReversed().slice(0, sendersMax);
    expect(toldOf(head)).toEqual([asha, ...newest].map((key) => `d:${key}`));
  });

  it('is told to nobody whose messages lie further back than is looked, and to each once', async () => {
    const [early = '', late = '', idle = ''] = people;
    const pond = await makeGroup(here, logs.now(), [asha, early, late, idle]);
    await sayIn(here, pond, early, 'long ago', logs.now());
    for (let n = 0; n < entriesMax; n++) await sayIn(here, pond, late, `message ${n}`, logs.now());
    await read(pond, entriesMax + 2);
    expect(toldOf(entriesMax + 2)).toEqual([`d:${asha}`, `d:${late}`]);
  });
});
