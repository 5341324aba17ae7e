// A value as MongoDB's messages show it.
import { decimalText, elementsOf, fieldsOf, type Raw, textOf } from './raw.ts';

/** Elements and fields that are shown of one value; the rest is dots. */
const shownMax = 20;

export function showValue(value: Raw | null): string {
  if (value === null) return 'null';
  const { bytes, start, end } = value;
  switch (value.type) {
    case 1: {
      const number = bytes.readDoubleLE(start);
      return Number.isInteger(number) ? number.toFixed(1) : String(number);
    }
    case 2:
      return JSON.stringify(textOf(value));
    case 3:
      return `{ ${some(fieldsOf(value).map(([name, inner]) => `${name}: ${showValue(inner)}`))} }`;
    case 4:
      return `[ ${some(elementsOf(value).map(showValue))} ]`;
    case 7:
      return `ObjectId('${bytes.toString('hex', start, end)}')`;
    case 8:
      return bytes[start] === 0 ? 'false' : 'true';
    case 9:
      return `new Date(${bytes.readBigInt64LE(start)})`;
    case 10:
      return 'null';
    case 16:
      return String(bytes.readInt32LE(start));
    case 18:
      return String(bytes.readBigInt64LE(start));
    case 19:
      return decimalText(value);
    default:
      return `(type ${value.type})`;
  }
}

function some(parts: readonly string[]): string {
  return parts.length > shownMax ? `${parts.slice(0, shownMax).join(', ')}, ...` : parts.join(', ');
}
