// One `circuit up` for one data folder: the first one listens on a socket file in it, and tells whoever asks who it is.
// A socket, and not a file with a process id, because the system itself forgets it when its process dies.

import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** A running mesh, as it tells of itself. */
export type RunningMesh = {
  readonly pid: number;
  readonly ready: boolean;
  /** Of the first edge, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Of all edges. */
  readonly urls: readonly string[];
  /** Of the first services, such as `127.0.0.1:7070`. */
  readonly grpc: string;
  /** Process ids by name: store, services, edge; `edge-1`, `edge-2` where there are several. */
  readonly processes: Readonly<Record<string, number | undefined>>;
};

export type Claim = { close(): Promise<void> };

/** The most that fits into a socket's address on every system, with its closing zero. */
const socketPathMax = 100;
const answerWithinMs = 2_000;

/** Claims the folder; resolves to the mesh that runs on it already, if one does. */
export async function claim(dataDir: string, tell: () => RunningMesh): Promise<Claim | RunningMesh> {
  const running = await runningMesh(dataDir);
  if (running !== undefined) return running;
  const path = socketPath(dataDir);
  // Nobody answered there: what is left is of a process that was killed.
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(JSON.stringify(tell()));
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(path, () => listening());
  });
  return { close: () => new Promise((closed) => server.close(() => closed())) };
}

/** The mesh that `circuit up` runs on this folder; undefined if none does. */
export function runningMesh(dataDir: string): Promise<RunningMesh | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath(dataDir));
    let text = '';
    const done = (mesh: RunningMesh | undefined) => {
      socket.destroy();
      resolve(mesh);
    };
    socket.setTimeout(answerWithinMs, () => done(undefined));
    socket.once('error', () => done(undefined));
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
    });
    socket.once('end', () => done(meshIn(text)));
  });
}

function meshIn(text: string): RunningMesh | undefined {
  try {
    return JSON.parse(text) as RunningMesh;
  } catch {
    return undefined;
  }
}

function socketPath(dataDir: string): string {
  const path = relative(process.cwd(), join(dataDir, 'up.sock'));
  if (path.length <= socketPathMax) return path;
  const digest = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 24);
  return join(tmpdir(), `circuit-${digest}.sock`);
}
