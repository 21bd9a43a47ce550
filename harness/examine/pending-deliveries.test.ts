import { expect, test } from 'vitest'
import { PendingDeliveries } from './pending-deliveries.ts'

test('waits for every acknowledged member, and no longer once all have read', () => {
  const pending = new PendingDeliveries()
  pending.joined(1, ['red'])
  pending.joined(2, ['red', 'blue'])
  pending.sent(1, 0, 'red')
  pending.joined(3, ['red'])
  expect(pending.total).toBe(2)
  pending.read(3, 0)
  pending.read(1, 0)
  expect([...pending.messages]).toEqual([0])
  pending.read(2, 0)
  expect(pending.total).toBe(0)
})

test('does not wait for who is gone, nor for what a sender sent that closed before it read its own copy', () => {
  const pending = new PendingDeliveries()
  for (const client of [1, 2, 3]) pending.joined(client, ['red'])
  pending.sent(1, 0, 'red')
  pending.sent(2, 1, 'red')
  pending.read(2, 1)
  pending.gone(2)
  expect(pending.total).toBe(4)
  pending.gone(1)
  expect([...pending.messages]).toEqual([1])
  expect(pending.total).toBe(1)
})

test('a message that was excused is not waited for', () => {
  const pending = new PendingDeliveries()
  pending.joined(1, ['red'])
  pending.sent(1, 0, 'red')
  pending.excused(0)
  expect(pending.total).toBe(0)
  pending.read(1, 0)
  expect(pending.total).toBe(0)
})

test('does not wait for what a sender sent that is no member and closed', () => {
  const pending = new PendingDeliveries()
  pending.joined(1, ['red'])
  pending.sent(9, 0, 'red')
  expect(pending.total).toBe(1)
  pending.gone(9)
  expect(pending.total).toBe(0)
})
