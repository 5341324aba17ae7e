// Why something did not work, for people. The server's sentence is good enough unless there is a better one here.

import { CallError } from '../../client/call-error.ts';

const sentences: Readonly<Record<string, string>> = {
  TIMED_OUT: 'The mesh did not answer in time. Try again.',
  CONNECTION_LOST: 'The connection was lost. Try again.',
  RATE_LIMITED: 'That was a bit fast. Try again in a moment.',
  EDIT_WINDOW_OVER: 'It is too late to edit this message.',
  ONLY_ADMINS_CAN_SEND: 'Only admins can send here.',
  USER_NOT_FOUND: 'There is no such person in this account.',
  OUTBOX_FULL: 'Too many messages wait to be sent. Connect first.',
};

export function failureWords(error: unknown): string {
  if (!(error instanceof CallError)) return 'Something went wrong.';
  return sentences[error.reason] ?? (error.message || 'Something went wrong.');
}
