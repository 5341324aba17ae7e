import { describe, expect, it } from 'vitest';
import { pageToken, readPageToken } from './page-token.ts';

describe('page tokens', () => {
  it('come back as they went', () => {
    expect(readPageToken('members/1', pageToken('members/1', [7, 'x']))).toEqual([7, 'x']);
    expect(readPageToken('members/1', '')).toBeUndefined();
  });

  it.each([
    ['another list', pageToken('members/2', [7])],
    ['garbage', '!!!!'],
    ['an object', Buffer.from('{"a":1}').toString('base64url')],
    ['a list in a list', Buffer.from('["members/1",[1]]').toString('base64url')],
    ['null', Buffer.from('null').toString('base64url')],
  ])('refuse %s', (_name, token) => {
    expect(() => readPageToken('members/1', token)).toThrow(expect.objectContaining({ reason: 'PAGE_TOKEN_INVALID' }));
  });
});
