// `circuit store`: runs the embedded store alone, or looks after its data while it does not run.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compact } from '../../embedded/care/compact.ts';
import { exportData, importData } from '../../embedded/care/dump.ts';
import { verify } from '../../embedded/care/verify.ts';
import { openStore } from '../../embedded/store.ts';
import { UsageError } from '../process/usage-error.ts';

export const usage = `circuit store --data DIR --port N [--host ADDRESS] [--user NAME --password-file FILE]
              [--strict] [--test-commands]
circuit store verify  --data DIR
circuit store compact --data DIR
circuit store export  --data DIR --to FOLDER    (mongodump's layout: mongorestore reads it)
circuit store import  --data DIR --from FOLDER`;

type Values = {
  readonly data?: string | undefined;
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly user?: string | undefined;
  readonly 'password-file'?: string | undefined;
  readonly strict?: boolean | undefined;
  readonly 'test-commands'?: boolean | undefined;
  readonly to?: string | undefined;
  readonly from?: string | undefined;
};

export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      user: { type: 'string' },
      'password-file': { type: 'string' },
      strict: { type: 'boolean' },
      'test-commands': { type: 'boolean' },
      to: { type: 'string' },
      from: { type: 'string' },
    },
  });
  try {
    await start(positionals[0], needed(values.data), values);
  } catch (error) {
    // The store's own errors are sentences for people; those of another kind are faults.
    const isSentence = error instanceof Error && error.constructor === Error && !('syscall' in error);
    throw isSentence ? new UsageError(error.message) : error;
  }
}

async function start(what: string | undefined, dataDir: string, values: Values): Promise<void> {
  switch (what) {
    case undefined:
      return serve(dataDir, values);
    case 'verify':
      return check(dataDir);
    case 'compact':
      return say(await compact(dataDir));
    case 'export':
      return say(await exportData(dataDir, needed(values.to)));
    case 'import':
      return say(await importData(dataDir, needed(values.from)));
    default:
      throw new UsageError(usage);
  }
}

function needed(value: string | undefined): string {
  if (value === undefined) throw new UsageError(usage);
  return value;
}

function say(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function check(dataDir: string): Promise<void> {
  const result = await verify(dataDir);
  say(result);
  if (result.problems.length > 0) process.exitCode = 1;
}

async function serve(dataDir: string, values: Values): Promise<void> {
  const port = Number(needed(values.port));
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(usage);
  const credentials =
    values.user === undefined
      ? {}
      : {
          credentials: { user: values.user, password: readFileSync(needed(values['password-file']), 'utf8').trimEnd() },
        };
  const store = await openStore({
    dataDir,
    port,
    strict: values.strict ?? false,
    enableTestCommands: values['test-commands'] ?? false,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...credentials,
    log: (record) => process.stderr.write(`${JSON.stringify(record)}\n`),
  });
  say({ listening: store.uri });
  await ended();
  await store.close();
}

/** The first SIGTERM or SIGINT. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
