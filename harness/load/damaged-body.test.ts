import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { type BodyText, HEADER_BYTES, writeBody } from '../wire/payload.ts'
import { attributeDamaged, type DamagedDelivery } from './damaged-body.ts'
import { Ledger } from './ledger.ts'
import { createLocalMemberships } from './memberships.ts'
import { GrowingMessageTable } from './message-table.ts'
import { membersOf, smallPlan } from './plan-fixture.ts'

const plan = smallPlan()
const user = membersOf(plan, 0)[0] ?? 0
const BYTES = 60

describe('a damaged body', () => {
  it('is told by what is left of it, wherever a byte or three were changed', () => {
    for (const bytes of [HEADER_BYTES, BYTES]) {
      for (let at = 0; at + 2 < bytes; at++) {
        const world = newWorld()
        const body = bodyOf(7, bytes)
        for (const place of [at, at + 1, at + 2]) body[place] = (body[place] ?? 0) ^ 1
        expect(world.attribute([damaged(body)])).toEqual([])
        expect(world.missing()).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9])
      }
    }
  })

  it('is not taken for a message that its reader has', () => {
    const world = newWorld()
    for (let sequence = 0; sequence < 10; sequence++) world.ledger.take(user, 0, sequence, dueUs(sequence), 1, true)
    const body = bodyOf(7, BYTES)
    body[3] = 0x7a
    expect(world.attribute([damaged(body)])).toHaveLength(1)
  })

  it('stays unknown where it is like nothing that was sent, or too short to tell', () => {
    const world = newWorld()
    expect(world.attribute([damaged(Buffer.alloc(BYTES, 0x41)), damaged(Buffer.from('hi'))])).toHaveLength(2)
    expect(world.missing()).toHaveLength(10)
  })

  it('is believed as to its own header where that is whole, though its length has changed', () => {
    const world = newWorld()
    const header = { channel: 0, sequence: 4, sender: 2, dueUs: dueUs(4) }
    expect(world.attribute([{ ...damaged(bodyOf(4, BYTES).subarray(0, 40)), header }])).toEqual([])
    expect(world.ledger.has(user, 0, 4)).toBe(true)
    const forged = { ...header, dueUs: 1 }
    expect(world.attribute([{ ...damaged(Buffer.alloc(BYTES, 0x41)), header: { ...forged, sequence: 5 } }])).toHaveLength(1)
  })

  it('gives two damaged bodies a message each', () => {
    const world = newWorld()
    const bodies = [3, 4].map(sequence => {
      const body = bodyOf(sequence, BYTES)
      body[0] = 0x78
      return damaged(body)
    })
    expect(world.attribute(bodies)).toEqual([])
    expect(world.missing()).toEqual([0, 1, 2, 5, 6, 7, 8, 9])
  })
})

function newWorld() {
  const ledger = new Ledger(plan, createLocalMemberships(plan, 0, 1))
  const table = new GrowingMessageTable()
  for (let sequence = 0; sequence < 10; sequence++) table.push(0, sequence, 2, dueUs(sequence), dueUs(sequence) + 5)
  const text: BodyText = 'ascii'
  return {
    ledger,
    attribute: (all: readonly DamagedDelivery[]) => attributeDamaged(all, table, ledger, text, () => undefined),
    missing: () => Array.from({ length: 10 }, (_, sequence) => sequence).filter(sequence => !ledger.has(user, 0, sequence)),
  }
}

function damaged(body: Buffer): DamagedDelivery {
  return { user, counts: true, channel: 0, header: null, body: body.toString('latin1'), readUs: 1_000_000 }
}

function bodyOf(sequence: number, bytes: number): Buffer {
  const body = Buffer.alloc(bytes)
  writeBody(body, 0, { channel: 0, sequence, sender: 2, dueUs: dueUs(sequence) }, bytes, 'ascii')
  return body
}

function dueUs(sequence: number): number {
  return sequence * 20_017
}
