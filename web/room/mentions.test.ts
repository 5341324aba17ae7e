import { describe, expect, it } from 'vitest';
import { mentionsIn, offeredMax, peopleFor, queryAt } from './mentions.ts';

const ravi = { userKey: '2', name: 'Ravi' };
const kumar = { userKey: '3', name: 'Ravi Kumar' };
const asha = { userKey: '4', name: 'Asha Rao' };
const nobody: ReadonlyMap<string, string> = new Map();

describe('naming a member', () => {
  it('begins with an @ that begins a word, and ends with the word', () => {
    expect(queryAt('ask @', 5)).toEqual({ start: 4, words: '' });
    expect(queryAt('@ra', 3)).toEqual({ start: 0, words: 'ra' });
    expect(queryAt('(@अश', 4)).toEqual({ start: 1, words: 'अश' });
    expect(queryAt('@ravi is', 8)).toBeUndefined();
    expect(queryAt('@ravi is', 5)).toEqual({ start: 0, words: 'ravi' });
    expect(queryAt('ravi@farm', 9)).toBeUndefined();
    expect(queryAt('@@ra', 4)).toBeUndefined();
  });

  it('offers those whose name, or a part of it, begins so', () => {
    const people = [asha, kumar, ravi];
    expect(peopleFor('RA', people)).toEqual([ravi, kumar, asha]);
    expect(peopleFor('rao', people)).toEqual([asha]);
    expect(peopleFor('x', people)).toEqual([]);
    const many = Array.from({ length: 20 }, (_, at) => ({ userKey: `${at}`, name: `Worker ${at}` }));
    expect(peopleFor('', many)).toHaveLength(offeredMax);
  });
});

describe('a text that is sent', () => {
  it('mentions whom it names, the longest name first, and nobody inside another word', () => {
    const text = '@Ravi, ask @Ravi Kumar! not a@Ravi, @Ravin or @ravi';
    expect(mentionsIn(text, [ravi, kumar, asha], nobody)).toEqual([
      { start: 0, end: 5, user_key: '2' },
      { start: 11, end: 22, user_key: '3' },
    ]);
  });

  it('mentions of two with one name the chosen one, and nobody who is not a member', () => {
    const other = { userKey: '9', name: 'Ravi' };
    expect(mentionsIn('@Ravi', [ravi, other], nobody)).toEqual([]);
    expect(mentionsIn('@Ravi', [ravi, other], new Map([['Ravi', '9']]))).toEqual([{ start: 0, end: 5, user_key: '9' }]);
    expect(mentionsIn('@Meena', [ravi], new Map([['Meena', '7']]))).toEqual([]);
  });
});
