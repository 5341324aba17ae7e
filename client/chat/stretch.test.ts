import { describe, expect, it } from 'vitest';
import type { ListMessagesResponse, Message } from '../../gen/json/api.ts';
import { wholeMessage } from '../testing/whole.ts';
import type { MessageChange } from './change-message.ts';
import { Stretch } from './stretch.ts';

const message = (seq: number, text = `${seq}`, changed = seq): Message =>
  wholeMessage({ seq, changed, content: { type: 'text', text } });
const edit = (target: number, seq: number, text: string): MessageChange => {
  const { message_id, conversation_id } = message(target);
  const content = { type: 'text' as const, text };
  const data = { message_id, conversation_id, content, edited: { is_edited: true }, user_key: 'asha' };
  return { event: 'message.updated', seq, data };
};

/** A stretch whose pages arrive when the test says so. */
function stretch() {
  const answers: ((page: ListMessagesResponse) => void)[] = [];
  const made = new Stretch({
    list: () => new Promise((resolve) => answers.push(resolve)),
    userKey: () => 'asha',
    changed: () => undefined,
  });
  const texts = () => made.timeline.messages.map(({ content }) => content?.text);
  return {
    made,
    texts,
    answer: (page: Partial<ListMessagesResponse>) =>
      answers.shift()?.({ messages: [], next_page_token: '', head: 0, ...page }),
  };
}

describe('a page on its way', () => {
  it('meets what came meanwhile: new ones follow it, changes are in it, deleted ones are not', async () => {
    const { made, texts, answer } = stretch();
    const loading = made.load();
    made.add(message(4));
    made.change(edit(2, 5, 'two, edited'));
    made.hide(['m1']);
    answer({ messages: [message(1), message(2), message(3)], head: 3 });
    await loading;
    expect(texts()).toEqual(['two, edited', '3', '4']);
  });

  it('keeps its own state where it knows more than what came', async () => {
    const { made, texts, answer } = stretch();
    const loading = made.load();
    made.change(edit(1, 5, 'older edit'));
    answer({ messages: [message(1, 'newer edit', 6)], head: 6 });
    await loading;
    expect(texts()).toEqual(['newer edit']);
  });

  it('is put in front when it is an older one, with the changes that came meanwhile', async () => {
    const { made, texts, answer } = stretch();
    const first = made.load();
    answer({ messages: [message(3)], head: 3, next_page_token: 'more' });
    await first;
    const older = made.loadOlder();
    made.change(edit(2, 4, 'two, edited'));
    made.add(message(5));
    answer({ messages: [message(1), message(2)], head: 3 });
    await older;
    expect(texts()).toEqual(['1', 'two, edited', '3', '5']);
    expect(made.timeline.hasOlder).toBe(false);
  });

  it('is not taken after everything was let go', async () => {
    const { made, texts, answer } = stretch();
    const first = made.load();
    made.reset();
    const second = made.load();
    answer({ messages: [message(1)], head: 1 });
    answer({ messages: [message(2)], head: 2 });
    await first;
    expect(texts()).toEqual(['2']);
    await second;
  });

  it('leaves no hole: an old message that is told late comes with its page', async () => {
    const { made, texts, answer } = stretch();
    const loading = made.load();
    made.add(message(2));
    answer({ messages: [message(8), message(9)], next_page_token: 'more', head: 9 });
    await loading;
    made.add(message(3));
    expect(texts()).toEqual(['8', '9']);
    const older = made.loadOlder();
    answer({ messages: [2, 3, 4, 5, 6, 7].map((seq) => message(seq)) });
    await older;
    expect(texts()).toEqual(['2', '3', '4', '5', '6', '7', '8', '9']);
  });
});
