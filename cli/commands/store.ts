// `circuit store`: runs the embedded store alone, or looks after its data. It touches the data directory and its port.
import { parseArgs } from 'node:util';
import { openStore } from '../../embedded/store.ts';

const usage = `usage: circuit store --data DIR --port N [--host ADDRESS] [--strict]`;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '27017' },
      host: { type: 'string' },
      strict: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (values.data === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(usage);
  const store = await openStore({
    dataDir: values.data,
    port,
    strict: values.strict,
    ...(values.host === undefined ? {} : { host: values.host }),
    log: (record) => process.stderr.write(`${JSON.stringify(record)}\n`),
  });
  process.stdout.write(`${JSON.stringify({ listening: store.uri })}\n`);
  await ended();
  await store.close();
}

/** SIGTERM or SIGINT; the first ends in order. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
