// Logs: one JSON object a line on standard output. Info is one line for each step of a life (opened, ready, closed);
// what goes wrong is warn or error, once, where it is handled. Tokens, message bodies and SDP never reach a line.
// What is written while a sampled request is served says which trace it belongs to.

import { pino, stdTimeFunctions } from 'pino';
import type { LogFields } from './names.ts';
import { traceFields } from './trace.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

type Line = { (fields: LogFields, message: string): void; (message: string): void };

export type Logger = {
  readonly trace: Line;
  readonly debug: Line;
  readonly info: Line;
  readonly warn: Line;
  readonly error: Line;
  readonly fatal: Line;
  /** A logger whose lines all carry these fields. */
  child(fields: LogFields): Logger;
};

export type LogOptions = {
  readonly level?: LogLevel;
  /** Fields of every line, such as the process's role. */
  readonly fields?: LogFields;
  /** Where lines go; standard output if not given. */
  readonly destination?: { write(line: string): void };
};

/** Keys whose values are taken out wherever they stand in a line, up to two objects deep. */
export const redacted = [
  'authorization',
  'token',
  'ticket',
  'secret',
  'password',
  'cookie',
  'body',
  'content',
  'text',
  'sdp',
] as const;

/** Opens a log. Lines are written at once, so that a crash loses none. */
export function openLog(options: LogOptions = {}): Logger {
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: options.fields ?? {},
      mixin: traceFields,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redacted.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
  return logger;
}

/** A log that says nothing, for tests and tools. */
export function silentLog(): Logger {
  return openLog({ level: 'silent' });
}
