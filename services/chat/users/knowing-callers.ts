import type { ChatHandler } from '../chat.ts';

type AnyHandler = ChatHandler<never, unknown>;

/**
 * The same handlers, each of which first makes the calling user known. That waits only for a user's first call: all
 * others reach their handler in the turn of their arrival, as the queues of conversations need it.
 */
export function knowingCallers<Table extends Readonly<Record<string, AnyHandler>>>(table: Table): Table {
  const known = Object.entries(table).map(([name, handler]) => [name, knowing(handler)]);
  return Object.fromEntries(known) as Table;
}

function knowing(handler: AnyHandler): AnyHandler {
  return (request, context) => {
    const { caller, now, service } = context;
    const arrival = caller.kind === 'user' ? service.users.know(caller, now) : undefined;
    return arrival === undefined ? handler(request, context) : arrival.then(() => handler(request, context));
  };
}
