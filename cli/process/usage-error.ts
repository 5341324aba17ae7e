/** The command was given wrongly, or cannot do what was asked: told as one line, without a stack. Exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
