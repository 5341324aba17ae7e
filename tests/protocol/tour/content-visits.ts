// Every type of message: sent by one, heard by the other, and read back.

import type { Json } from '../../../edge/testing/app.ts';
import { contents } from './contents.ts';
import type { Story, Visit } from './visit.ts';

type Sent = { readonly message: { readonly message_id: string; readonly seq: number } };

function messageOf(type: string, story: Story): Json {
  const { content, ...parts } = contents[type]!(story);
  return { content: { type, ...(content as Json) }, ...parts };
}

/** The last of them, a text, is the message that later visits speak of. */
export const contentVisits: readonly Visit[] = Object.keys(contents).flatMap((type): Visit[] => [
  {
    by: 'asha',
    rpc: 'SendMessage',
    to: `send: ${type}`,
    asks: (story) => ({ conversation_id: story.group, ...messageOf(type, story) }),
    answers: (story) => ({ message: { ...messageOf(type, story), sender: { user_key: story.asha }, status: 'sent' } }),
    keeps: (answer, story) => {
      const { message } = answer as Sent;
      story.message = message.message_id;
      story.seq = message.seq;
    },
    hears: (story) => {
      const message = { message_id: story.message, seq: story.seq, ...messageOf(type, story) };
      return [
        ['ravi', 'message.new', { message }],
        ['asha', 'message.new', { message }],
      ];
    },
  },
  {
    by: 'ravi',
    rpc: 'GetMessage',
    to: `read it back: ${type}`,
    asks: ({ group, message }) => ({ conversation_id: group, message_id: message }),
    answers: (story) => ({ message: { message_id: story.message, ...messageOf(type, story) } }),
  },
]);
