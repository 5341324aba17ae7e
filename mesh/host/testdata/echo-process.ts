// A process that hosts the echo service, for tests that kill it. Takes the secret of its tokens and the path of its
// descriptors; prints its address. What is said to it with the text `hold` it never answers, and it tells who holds.

import { readFileSync } from 'node:fs';
import { loadApi } from '../../schema/load-api.ts';
import { openTestHost, openTrust } from '../testing.ts';
import { type EchoHandler, echoService } from './echo.ts';

const [secret = '', descriptors = ''] = process.argv.slice(2);

const hold: EchoHandler = (request) => {
  if (request.text !== 'hold') return Promise.resolve({ ...request, text: 'from the child' });
  process.stdout.write(`holding ${request.key}\n`);
  return new Promise(() => {});
};

const mesh = await openTestHost({
  services: [echoService({ say: hold, look: hold })],
  api: loadApi(readFileSync(descriptors)),
  trust: openTrust(Date.now, secret),
});
process.stdout.write(`${mesh.host.address}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit());
