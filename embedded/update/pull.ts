// What $pull removes: elements equal to a value, matching operators, or (documents) matching a filter.
import { equalValues } from '../bson/order.ts';
import { bsonType, type Raw } from '../bson/raw.ts';
import { matches } from '../query/match.ts';
import { isOperatorDocument, parseFilter } from '../query/parse-filter.ts';
import { sealDocument } from './branch.ts';

export function pullMatches(condition: Raw): (element: Raw) => boolean {
  const operators = isOperatorDocument(condition);
  if (operators || condition.type === bsonType.regex) {
    const filter = parseFilter(wrap(condition));
    return (element) => matches(filter, wrap(element));
  }
  if (condition.type !== bsonType.object) return (element) => equalValues(element, condition);
  const filter = parseFilter(condition);
  return (element) => element.type === bsonType.object && matches(filter, element);
}

/** As the one field of a document, so that it can be matched. */
function wrap(value: Raw): Raw {
  return sealDocument({ array: false, names: ['e'], values: [value] });
}
