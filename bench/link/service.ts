// The service's process of the bench of Link: the echo service in a host, and beside it the same echo in a bare grpc-js
// server. Takes the secret of its tokens; prints the two addresses.

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type EchoHandler, echoApi, echoMethods, echoService } from '../../mesh/host/testdata/echo.ts';
import { openTestHost, openTrust } from '../../mesh/host/testing.ts';

const [secret = ''] = process.argv.slice(2);
const { api } = await echoApi();

/** Publishes as many events of 1 KB on the topic of its key as its text says, a hundred in each turn. */
const publish: EchoHandler = async (request) => {
  const lists = { revokedUsers: [], grantedTopics: [], revokedTopics: [], blanked: [] };
  const event = { topic: `e:${request.key}`, after: 0, event: 'note.new', data: Buffer.alloc(1_024), ...lists };
  const count = Number(request.text);
  for (let seq = 1; seq <= count; seq += 1) {
    host.bus.publish({ ...event, seq });
    if (seq % 100 === 0) await new Promise(setImmediate);
  }
  return request;
};

const services = [echoService({ look: publish })];
const { host } = await openTestHost({ services, api, trust: openTrust(Date.now, secret) });

const asIs = (bytes: Buffer) => bytes;
const bare = new Server();
bare.register<Buffer, Buffer>(
  `/${echoMethods.say}`,
  (call: { request: Buffer }, answer: (error: null, response: Buffer) => void) => answer(null, call.request),
  asIs,
  asIs,
  'unary',
);
const port = await new Promise<number>((resolve, reject) => {
  bare.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  );
});
process.stdout.write(`${JSON.stringify({ host: host.address, bare: `127.0.0.1:${port}` })}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit());
