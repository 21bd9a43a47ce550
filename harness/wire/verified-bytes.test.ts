import { Buffer } from 'node:buffer'
import { array, assert, integer, nat, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeliveryList } from './delivery-list.ts'
import { HEADER_BYTES, writeBody } from './payload.ts'
import { VerifiedBytes } from './verified-bytes.ts'

describe('verified bytes', () => {
  it('knows what it was shown, whole messages only, and with their own deliveries', () => {
    const verified = new VerifiedBytes()
    const shown = [0, 1, 2, 3].map(sequence => show(verified, 5, sequence, 60))
    const all = Buffer.concat(shown)
    expect(verified.find(all, 0, all.length)).toBe(all.length)
    expect(foundSequences(verified)).toEqual([0, 1, 2, 3])
    expect(verified.find(all, 0, all.length - 1)).toBe(all.length - (shown[3]?.length ?? 0))
    expect(foundSequences(verified)).toEqual([0, 1, 2])
    expect(verified.find(all, 0, (shown[0]?.length ?? 0) - 1)).toBe(0)
  })

  it('never claims bytes that differ in a single one', () => {
    const verified = new VerifiedBytes()
    const shown = [7, 8, 9].map(sequence => show(verified, 1, sequence, 200))
    const all = Buffer.concat(shown)
    const first = shown[0]?.length ?? 0
    for (let at = 0; at < all.length; at++) {
      const damaged = Buffer.from(all)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      const found = verified.find(damaged, 0, damaged.length)
      expect(found).toBe(at < first ? 0 : first * Math.floor(at / first))
    }
  })

  it('agrees with a plain list of what was shown, in any order of showing and asking', () => {
    const entry = record({ channel: nat(3), sequence: nat(6), bytes: integer({ min: HEADER_BYTES, max: HEADER_BYTES + 3 }) })
    assert(
      property(array(entry, { maxLength: 12 }), array(entry, { maxLength: 12 }), (shownEntries, asked) => {
        const verified = new VerifiedBytes()
        const shown = new Set<string>()
        for (const { channel, sequence, bytes } of shownEntries) shown.add(show(verified, channel, sequence, bytes).toString('latin1'))
        const messages = asked.map(({ channel, sequence, bytes }) => message(channel, sequence, bytes))
        const all = Buffer.concat(messages)
        // One member after the other reads the same; in between, one of them may have read something new.
        for (const between of [null, null, 5, null]) {
          if (between !== null) show(verified, between, 0, HEADER_BYTES)
          let at = 0
          let index = 0
          // As the framers do: known runs are passed over, the message at which a run ends is new to it (or known, by the next look).
          while (at < all.length) {
            const length = verified.find(all, at, all.length)
            if (length > 0) {
              for (const sequence of foundSequences(verified)) {
                expect(shown.has(messages[index]?.toString('latin1') ?? '')).toBe(true)
                expect(sequence).toBe(asked[index]?.sequence)
                at += messages[index++]?.length ?? 0
              }
              continue
            }
            at += messages[index++]?.length ?? 0
          }
          expect(index).toBe(asked.length)
        }
      }),
      { numRuns: 15 },
    )
  })

  it('stays exact when its rings have gone round: a run never reaches over their ends', { timeout: 30_000 }, () => {
    const verified = new VerifiedBytes()
    const recent: Buffer[] = []
    // More entries and deliveries than the rings hold, by some.
    for (let sequence = 0; sequence < 66_000; sequence++) {
      recent.push(show(verified, 2, sequence, HEADER_BYTES))
      if (recent.length > 40) recent.shift()
      const nearEnd = sequence % 65_536 < 60 || sequence % 65_536 > 65_500
      if (!nearEnd || recent.length < 40) continue
      const all = Buffer.concat(recent)
      let at = 0
      const found: number[] = []
      while (at < all.length) {
        const length = verified.find(all, at, all.length)
        if (length === 0) break
        found.push(...foundSequences(verified))
        at += length
      }
      expect(found).toEqual(recent.map((_, index) => sequence - recent.length + 1 + index))
    }
    expect(verified.find(message(2, 100, HEADER_BYTES), 0, 10_000)).toBe(0)
  })

  it('stays exact with large messages that overwrite each other', () => {
    const verified = new VerifiedBytes()
    for (let sequence = 0; sequence < 700; sequence++) {
      const shown = show(verified, 3, sequence, 16_000)
      expect(verified.find(shown, 0, shown.length)).toBe(shown.length)
      expect(foundSequences(verified)).toEqual([sequence])
    }
    const first = message(3, 0, 16_000)
    expect(verified.find(first, 0, first.length)).toBe(0)
  })
})

function show(verified: VerifiedBytes, channel: number, sequence: number, bytes: number): Buffer {
  const shown = message(channel, sequence, bytes)
  const list = new DeliveryList()
  list.push(channel, sequence, 1, sequence * 10)
  verified.remember(shown, 0, shown.length, list)
  return shown
}

function message(channel: number, sequence: number, bytes: number): Buffer {
  const body = Buffer.alloc(bytes)
  writeBody(body, 0, { channel, sequence, sender: 1, dueUs: sequence * 10 }, bytes, 'ascii')
  return Buffer.concat([Buffer.from(`{"type":"message","channel":"c${channel}","body":"`), body, Buffer.from('"}\n')])
}

function foundSequences({ sequences, foundAt, foundEnd }: VerifiedBytes): number[] {
  return Array.from({ length: foundEnd - foundAt }, (_, i) => sequences[foundAt + i] ?? -1)
}
