// What `circuit up` shows: its own words, and of its processes' logs what matters; all of it goes to their log files.

import type { LogFile } from './log-file.ts';

export type Screen = {
  /** A sentence of `up` itself. */
  say(text: string): void;
  /** A line that a process printed. */
  line(name: string, line: string): void;
};

export type ScreenOptions = {
  readonly write: (text: string) => void;
  readonly colour: boolean;
  /** Show every line, not only warnings and errors. */
  readonly verbose: boolean;
  readonly fileOf: (name: string) => LogFile;
};

const loud = new Set(['warn', 'error', 'fatal']);
const colours: Readonly<Record<string, number>> = { warn: 33, error: 31, fatal: 31 };
const nameWidth = 9;

export function openScreen(options: ScreenOptions): Screen {
  const { write, verbose, fileOf } = options;
  const paint = (text: string, code: number) => (options.colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  return {
    say: (text) => write(`${paint('·', 36)} ${text}\n`),
    line(name, line) {
      fileOf(name).write(line);
      const record = recordIn(line);
      const level = record === undefined ? 'error' : String(record.level);
      if (!verbose && !loud.has(level)) return;
      const text = record === undefined ? line : textOf(record);
      write(`${paint(name.padEnd(nameWidth), 2)} ${paint(level.padEnd(5), colours[level] ?? 2)} ${text}\n`);
    },
  };
}

type LogRecord = Readonly<Record<string, unknown>>;

/** Undefined for a line that no log wrote, such as Node's own words at a crash. */
function recordIn(line: string): LogRecord | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? (record as LogRecord) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(record: LogRecord): string {
  const { level: _level, time: _time, role: _role, msg, err, ...rest } = record;
  const fields = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const { stack, message } = (err ?? {}) as { stack?: string; message?: string };
  return [
    String(msg ?? ''),
    ...fields,
    ...(err === undefined ? [] : [`\n${stack ?? message ?? JSON.stringify(err)}`]),
  ].join(' ');
}
