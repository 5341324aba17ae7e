import { expect, it } from 'vitest';
import { planOf } from './plan.ts';

it('the same seed brings the same people together; owners stay, rovers are members, pairs meet once', () => {
  const plan = planOf(7, 200);
  expect(planOf(7, 200)).toEqual(plan);
  expect(planOf(8, 200)).not.toEqual(plan);
  expect(plan.clients).toHaveLength(200);
  expect(new Set(plan.clients.map(({ name }) => name)).size).toBe(200);
  expect(plan.rooms.length).toBeGreaterThan(20);
  for (const { type, owner, members, rovers } of plan.rooms) {
    expect(members).not.toContain(owner);
    expect(rovers.every((rover) => members.includes(rover))).toBe(true);
    // The first entry of a conversation names no more than twenty.
    expect(members.length).toBeLessThan(type === 'direct' ? 2 : 20);
  }
});
