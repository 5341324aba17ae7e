// Two users, one conversation, a real host and store on loopback. One host for each test file, and for each test fresh
// people in an account of their own, so that tests share nothing but the process.

import { afterAll, onTestFinished } from 'vitest';
import { ConversationType } from '../../../gen/circuit/chat/v1/conversation.ts';
import { openChat, type TestChat } from './open-chat.ts';
import { type Call, callsOf, needed, openPerson, type Person } from './person.ts';

export type Talk = {
  readonly chat: TestChat;
  readonly accountKey: string;
  readonly asha: Person;
  readonly ravi: Person;
  /** The id of a group that Asha made with Ravi in it. */
  readonly pond: string;
  /** A domain server of the account. */
  readonly fish: Call;
  /** A further user of the account, known and listening, in no conversation. */
  person(name: string): Promise<Person>;
  /** A user of another account. */
  stranger(): Promise<Person>;
  /** The id of the direct conversation of two. */
  direct(one: Person, other: Person): Promise<string>;
};

let shared: Promise<TestChat> | undefined;
let counter = 0;

/** Closes what the talks of a test file stood on. */
export async function closeTalks(): Promise<void> {
  await (await shared)?.close();
  shared = undefined;
}
afterAll(closeTalks);

/** Opens the talk; what it opened is closed when the test has finished. */
export async function talk(): Promise<Talk> {
  shared ??= openChat();
  const chat = await shared;
  const accountKey = freshKey(9);
  const fish = callsOf(chat.host.asService({ kind: 'domain_server', key: 'fish', accountKeys: [accountKey] }));

  const meet = async (name: string, account: string): Promise<Person> => {
    const person = openPerson(chat.host, { key: freshKey(1), name, accountKey: account });
    onTestFinished(() => person.device.close());
    // The first call makes a user known.
    await person.call('listConversations');
    await person.device.follow();
    return person;
  };
  const asha = await meet('Asha', accountKey);
  const ravi = await meet('Ravi', accountKey);
  const pond = await groupOf(asha, 'Pond A1', [ravi]);
  return {
    chat,
    accountKey,
    asha,
    ravi,
    pond,
    fish,
    person: (name) => meet(name, accountKey),
    stranger: () => meet('Stranger', freshKey(9)),
    async direct(one, other) {
      const type = ConversationType.CONVERSATION_TYPE_DIRECT;
      const { conversation } = await one.call('createConversation', { type, participantKeys: [other.key] });
      return needed(conversation).conversationId;
    },
  };
}

/** Makes a group and waits until every member has heard of it. */
export async function groupOf(owner: Person, name: string, members: readonly Person[]): Promise<string> {
  const { conversation } = await owner.call('createConversation', {
    type: ConversationType.CONVERSATION_TYPE_GROUP,
    info: { name },
    participantKeys: members.map((member) => member.key),
  });
  await Promise.all([owner, ...members].map((member) => member.next('conversation.new')));
  return needed(conversation).conversationId;
}

/** 12 digits that no other test of this file uses. */
function freshKey(first: number): string {
  counter += 1;
  return `${first}${String(counter).padStart(11, '0')}`;
}
