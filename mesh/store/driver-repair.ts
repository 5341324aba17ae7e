// A repair of the MongoDB driver (7.8.0): it waits for ever where it writes to a socket that is closing, since it waits
// for `drain` and not for `close`. When all connections break at once this befalls the one that watches the server:
// then the server is never found again. And where the other side has ended a socket, the socket's own error comes out.
// With the repair such writes fail as any lost connection does.

import { createRequire } from 'node:module';
import { MongoNetworkError } from 'mongodb';

type Closing = {
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
};

type DriverConnection = {
  readonly socket: Closing;
  readonly address: string;
  cleanup(error: Error): void;
  writeCommand(...given: unknown[]): Promise<unknown>;
};

/** Of the driver's inside, which has no types. */
const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as {
  readonly Connection: { readonly prototype: DriverConnection };
};

let repaired = false;

/** The socket itself says that nobody reads what is written. */
function isBroken(error: unknown): boolean {
  return error instanceof Error && ['EPIPE', 'ECONNRESET'].includes(String((error as NodeJS.ErrnoException).code));
}

/** Once in a process, before the first connection. Throws where the driver is not the one that this was written for. */
export function repairDriver(): void {
  if (repaired) return;
  const driver = Connection.prototype;
  const write = driver.writeCommand;
  if (typeof write !== 'function' || typeof driver.cleanup !== 'function') {
    throw new Error('The MongoDB driver has changed: look whether driver-repair.ts is still needed.');
  }
  driver.writeCommand = function writeUnlessClosed(this: DriverConnection, ...given) {
    return new Promise((resolve, reject) => {
      const closed = () => {
        const error = new MongoNetworkError(`the connection to ${this.address} was closed`);
        this.cleanup(error);
        reject(error);
      };
      this.socket.once('close', closed);
      write
        .apply(this, given)
        .then(resolve, (error: unknown) => (isBroken(error) ? closed() : reject(error)))
        .finally(() => this.socket.off('close', closed));
    });
  };
  repaired = true;
}
