import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContentType } from '../../gen/circuit/chat/v1/content.ts';
import { openTarget, type Target } from './target.ts';
import { contents } from './tour/contents.ts';
import { describeTour, methods, tour } from './tour/tour.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target?.close());

describe('the tour', () => {
  it('visits every call that apps and domain servers have, and no other', () => {
    expect([...new Set(tour.map(({ rpc }) => rpc))].sort()).toEqual([...methods.keys()].sort());
  });

  it('sends every type of message that people send', () => {
    const types = Object.keys(ContentType)
      .filter((name) => name.startsWith('CONTENT_TYPE_'))
      .map((name) => name.slice('CONTENT_TYPE_'.length).toLowerCase());
    const notPeoples = ['unspecified', 'system'];
    expect(Object.keys(contents).sort()).toEqual(types.filter((type) => !notPeoples.includes(type)).sort());
  });
});

describeTour(() => target);
