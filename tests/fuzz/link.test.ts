import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { OpenRequest, OpenResponse } from '../../gen/circuit/link/v1/link_service.ts';
import { fromGrpcError } from '../../mesh/errors/grpc-error.ts';
import { reasonRule } from '../../mesh/errors/reasons.ts';
import { decodeStatus } from '../../mesh/errors/status.ts';
import { arbitraryBytes, mutatedBytes } from '../../mesh/schema/arbitrary.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { type Talk, talk } from '../../services/chat/testing/talk.ts';
import { atOnce, faultsOf, rounds } from './limits.ts';
import { namesOf } from './names.ts';
import { arbitraryRequest } from './requests.ts';

const api = loadApiFile();
const open = api.methods.get('circuit.link.v1.LinkService/Open')!;

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

type Ended = { readonly codes: readonly string[]; readonly answered: number };

type Link = {
  /** Full names of the methods, as the service numbers them. */
  readonly methods: readonly string[];
  /** Sends one batch as it is, says that no more comes, and waits for the end: how calls and the Link itself ended. */
  send(batch: Uint8Array): Promise<Ended>;
};

async function openLink({ chat }: Talk): Promise<Link> {
  const { host, issuer } = chat.host;
  const client = new Client(host.address, credentials.createInsecure());
  clients.push(client);
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${await issuer.issueService({ kind: 'edge', key: 'edge' })}`);
  const same = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
  const stream: ClientDuplexStream<Uint8Array, Buffer> = client.makeBidiStreamRequest(
    `/${open.name}`,
    same,
    same,
    metadata,
  );
  const codes: string[] = [];
  let answered = 0;
  let greeted: (methods: readonly string[]) => void = () => {};
  const hello = new Promise<readonly string[]>((resolve) => {
    greeted = resolve;
  });
  stream.on('data', (bytes: Buffer) => {
    const { hello: greeting, replies } = OpenResponse.decode(bytes);
    if (greeting !== undefined) greeted(greeting.methods);
    for (const { outcome } of replies) {
      answered++;
      if (outcome?.$case === 'error') codes.push(reasonRule(decodeStatus(2, '', outcome.value).reason).code);
    }
  });
  const ended = new Promise<Ended>((resolve) => {
    stream.on('end', () => resolve({ codes, answered }));
    stream.on('error', (error) => {
      codes.push(reasonRule(fromGrpcError(error).reason).code);
      resolve({ codes, answered });
    });
  });
  const methods = await hello;
  return {
    methods,
    send(batch) {
      stream.write(batch);
      stream.end();
      return ended;
    },
  };
}

describe('random batches on a Link', () => {
  it('of calls to every method, in the name of a user, each get an answer or a reason', async () => {
    const opened = await talk();
    const { asha, accountKey, chat } = opened;
    const names = await namesOf(opened);
    const token = await chat.host.issuer.issueUser({ userKey: asha.key, accountKey, displayName: asha.name });
    const { methods } = await openLink(opened);
    const call = fc
      .nat({ max: methods.length - 1 })
      .chain((method) =>
        arbitraryRequest(api.methods.get(methods[method]!)!, names).map((bytes) => ({ method, bytes })),
      );

    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: atOnce, maxLength: atOnce }), async (calls) => {
        const link = await openLink(opened);
        const batch = OpenRequest.fromPartial({
          sessions: [{ session: 1, token }],
          calls: calls.map(({ method, bytes }, n) => ({ id: n + 1, method, session: 1, request: Buffer.from(bytes) })),
        });
        const { codes, answered } = await link.send(OpenRequest.encode(batch).finish());
        expect(answered).toBe(calls.length);
        for (const code of codes) expect(faultsOf(open)).not.toContain(code);
      }),
      { numRuns: rounds * 4 },
    );
    expect((await opened.ravi.call('listConversations')).nextPageToken).toBe('');
  }, 120_000);

  it('of any bytes end at worst their own Link, and say why', async () => {
    const opened = await talk();
    const batch = fc.oneof(arbitraryBytes(open.request), mutatedBytes(open.request), fc.uint8Array({ maxLength: 500 }));
    await fc.assert(
      fc.asyncProperty(batch, async (bytes) => {
        const { codes } = await (await openLink(opened)).send(bytes);
        for (const code of codes) expect(['INTERNAL', 'UNKNOWN', 'DATA_LOSS']).not.toContain(code);
      }),
      { numRuns: rounds * 20 },
    );
    expect((await opened.ravi.call('listConversations')).nextPageToken).toBe('');
  }, 120_000);
});
