#!/usr/bin/env node
// `circuit <command>`: the table of commands, and how their failures are told. Each command is a file in commands/,
// loaded only when it is asked for: so a service on Deno never meets the edge's native addon.

import { nearest } from '../mesh/config/spelling.ts';
import { failureOf } from './process/failure.ts';
import { UsageError } from './process/usage-error.ts';

type Command = {
  /** How it is called, and with what. */
  readonly usage: string;
  run(args: readonly string[]): Promise<void>;
};
type Listed = { readonly summary: string; readonly load: () => Promise<Command> };

const commands: Readonly<Record<string, Listed>> = {
  up: {
    summary: 'everything on this machine: store, services, edge and console',
    load: () => import('./commands/up.ts'),
  },
  serve: { summary: 'services in one process: circuit serve chat', load: () => import('./commands/serve.ts') },
  edge: { summary: 'the edge: WebSocket, REST and the console', load: () => import('./commands/edge.ts') },
  store: { summary: 'the embedded store, for when there is no MongoDB', load: () => import('./commands/store.ts') },
  migrate: { summary: 'makes collections and indexes as declared', load: () => import('./commands/migrate.ts') },
  doctor: { summary: 'what is missing on this machine, and what to do', load: () => import('./commands/doctor.ts') },
  token: { summary: 'a token for a user or a service', load: () => import('./commands/token.ts') },
  certs: { summary: 'a local authority and certificates, for mutual TLS', load: () => import('./commands/certs.ts') },
  config: { summary: 'the configuration that a process would run with', load: () => import('./commands/config.ts') },
};

const helpFlags = ['--help', '-h'];
const parentFlag = '--end-with-parent';

async function main(): Promise<void> {
  const [name = 'help', ...given] = process.argv.slice(2);
  if (name === 'help' || helpFlags.includes(name)) {
    process.stdout.write(help());
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const meant = nearest(name, Object.keys(commands));
    throw new UsageError(`there is no command "${name}"${meant ? `; did you mean "${meant}"?` : ''}\n\n${help()}`);
  }
  if (given.includes(parentFlag)) endWithParent();
  const { usage, run } = await command.load();
  if (given.some((arg) => helpFlags.includes(arg))) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  await run(given.filter((arg) => arg !== parentFlag));
}

function help(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  circuit ${name.padEnd(8)} ${summary}`);
  const more = 'circuit <command> --help says how a command is called.';
  return `Circuit Mesh: the real-time backbone of a farm.\n\n${rows.join('\n')}\n\n${more}\n`;
}

/** Ends this process in order when the one that holds its standard input is gone, whatever became of it. */
function endWithParent(): void {
  process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM'));
  process.stdin.resume();
  process.stdin.unref();
}

main().catch((error: unknown) => {
  const { text, exitCode } = failureOf(error);
  process.stderr.write(`circuit: ${text.trimEnd()}\n`);
  process.exit(exitCode);
});
