import { createServer } from 'node:net';

/** Below the range from which systems give ports to connections: nobody gets one of these while its owner is down. */
const lowest = 20_000;
const highest = 32_000;

/** A port of loopback on which nobody listens now: for a process that is to have the same one after every restart. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
