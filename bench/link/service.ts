// The service's process of the bench of Link: the echo service in a host, and beside it the same echo in a bare grpc-js
// server. Takes the secret of its tokens; prints the two addresses.

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { echoApi, echoMethods, echoService } from '../../mesh/host/testdata/echo.ts';
import { openTestHost, openTrust } from '../../mesh/host/testing.ts';

const [secret = ''] = process.argv.slice(2);
const { api } = await echoApi();
const { host } = await openTestHost({ services: [echoService()], api, trust: openTrust(Date.now, secret) });

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
