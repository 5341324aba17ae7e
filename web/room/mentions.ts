// Members named in a text by `@` and their name: who is being typed, who fits, and where they stand in it. Pure.

export type Person = { readonly userKey: string; readonly name: string };

/** A stretch of the text, in UTF-16 units, and who is meant. */
export type Mention = { readonly start: number; readonly end: number; readonly user_key: string };

/** People offered at a time. */
export const offeredMax = 8;
/** Mentions in a message; the server takes no more. */
const mentionsMax = 50;
/** What stands directly before or after a name is no part of a longer word, such as an address. */
const wordUnit = /[\p{L}\p{N}\p{M}_]/u;
const typing = /(?:^|[^\p{L}\p{N}\p{M}_@])@([\p{L}\p{N}\p{M}_.'’-]{0,40})$/u;

/** What was typed of a name between an `@` and the caret; undefined: nobody is being named. */
export function queryAt(text: string, caret: number): { readonly start: number; readonly words: string } | undefined {
  const words = typing.exec(text.slice(0, caret))?.[1];
  return words === undefined ? undefined : { start: caret - words.length - 1, words };
}

/** Those whom the words may mean, at most 8: names that begin with them, then names with a word that does. */
export function peopleFor(words: string, people: readonly Person[]): readonly Person[] {
  const sought = words.toLocaleLowerCase();
  const rank = ({ name }: Person): number => {
    const low = name.toLocaleLowerCase();
    if (low.startsWith(sought)) return 0;
    return low.split(/\s+/u).some((word) => word.startsWith(sought)) ? 1 : 2;
  };
  return people
    .map((person) => ({ person, rank: rank(person) }))
    .filter((each) => each.rank < 2)
    .sort((one, other) => one.rank - other.rank || one.person.name.localeCompare(other.person.name))
    .slice(0, offeredMax)
    .map(({ person }) => person);
}

/**
 * Every `@name` of one of these people in a text. Of two of one name `chosen` says who is meant, by name; without it
 * neither is.
 */
export function mentionsIn(
  text: string,
  people: readonly Person[],
  chosen: ReadonlyMap<string, string>,
): readonly Mention[] {
  const named = byName(people, chosen);
  const names = [...named.keys()].sort((one, other) => other.length - one.length);
  const mentions: Mention[] = [];
  for (let at = text.indexOf('@'); at >= 0 && mentions.length < mentionsMax; at = text.indexOf('@', at + 1)) {
    if (at > 0 && wordUnit.test(text[at - 1] ?? '')) continue;
    const name = names.find(
      (each) => text.startsWith(each, at + 1) && !wordUnit.test(text[at + 1 + each.length] ?? ''),
    );
    const user_key = named.get(name ?? '');
    if (name !== undefined && user_key !== undefined) mentions.push({ start: at, end: at + 1 + name.length, user_key });
  }
  return mentions;
}

function byName(people: readonly Person[], chosen: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  const shared = new Set<string>();
  for (const { userKey, name } of people) {
    if (named.has(name)) shared.add(name);
    named.set(name, userKey);
  }
  for (const name of shared) named.delete(name);
  const there = new Set(people.map(({ userKey }) => userKey));
  for (const [name, userKey] of chosen) if (there.has(userKey)) named.set(name, userKey);
  return named;
}
