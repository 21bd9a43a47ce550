import { array, assert, nat, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GrowingMessageTable, mergeTables, type MessageTable, trimTable } from './message-table.ts'

const rows = array(record({ channel: nat(9), sequence: nat(99), sender: nat(9), dueUs: nat(1e6), callUs: nat(1e6) }), { maxLength: 20 })

describe('message tables', () => {
  it('merge to all rows of all workers, in order, and survive the way between threads', () => {
    assert(
      property(array(rows, { minLength: 1, maxLength: 4 }), all => {
        const tables = all.map(one => structuredClone(trimTable(filled(one))))
        expect(rowsOf(mergeTables(tables))).toEqual(all.flat())
      }),
    )
  })

  it('grow without losing a row or a state', () => {
    const table = new GrowingMessageTable()
    for (let i = 0; i < 5000; i++) {
      expect(table.push(i % 7, i, i % 3, i * 10, i * 10 + 1)).toBe(i)
      if (i % 5 === 0) table.state[i] = 1
    }
    expect(trimTable(table).count).toBe(5000)
    for (let i = 0; i < 5000; i++)
      expect([table.sequence[i], table.callUs[i], table.state[i]]).toEqual([i, i * 10 + 1, i % 5 === 0 ? 1 : 0])
  })
})

function filled(all: readonly { channel: number; sequence: number; sender: number; dueUs: number; callUs: number }[]): GrowingMessageTable {
  const table = new GrowingMessageTable()
  for (const { channel, sequence, sender, dueUs, callUs } of all) table.push(channel, sequence, sender, dueUs, callUs)
  return table
}

function rowsOf({ count, channel, sequence, sender, dueUs, callUs }: MessageTable): unknown[] {
  return Array.from({ length: count }, (_, i) => ({
    channel: channel[i],
    sequence: sequence[i],
    sender: sender[i],
    dueUs: dueUs[i],
    callUs: callUs[i],
  }))
}
