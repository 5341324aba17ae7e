// Checks of google.protobuf.Timestamp and Duration: seconds and nanoseconds in their ranges, of one sign.

import { durationSecondsMax, timestampSeconds } from '../limits.ts';
import { report } from '../path.ts';
import { readTime, type Time } from '../time.ts';
import { readLength } from '../wire.ts';
import type { Check } from './check-scalar.ts';

export function timeCheck(name: string, type: 'timestamp' | 'duration'): Check {
  const inRange = type === 'timestamp' ? isTimestamp : isDuration;
  const wrong = type === 'timestamp' ? 'is not a time of the years 1 to 9999' : 'is not a duration below 10 000 years';
  const time: Time = { seconds: 0, nanos: 0 };
  return (walk, position) => {
    const length = readLength(walk);
    if (length < 0) return false;
    const end = walk.end;
    walk.end = walk.pos + length;
    const whole = readTime(walk, time);
    walk.end = end;
    if (whole && !inRange(time)) report(walk, name, position, wrong);
    return whole;
  };
}

export function isTimestamp({ seconds, nanos }: Time): boolean {
  return seconds >= timestampSeconds.min && seconds <= timestampSeconds.max && nanos >= 0 && nanos < 1e9;
}

export function isDuration({ seconds, nanos }: Time): boolean {
  if (Math.abs(seconds) > durationSecondsMax || Math.abs(nanos) >= 1e9) return false;
  return seconds === 0 || nanos === 0 || seconds > 0 === nanos > 0;
}
