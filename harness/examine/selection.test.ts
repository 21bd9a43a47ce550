import { describe, expect, test } from 'vitest'
import { EXERCISES } from './exercise-list.ts'
import { type Selection, whyNotAsked } from './selection.ts'

function asked(name: string, selection: Selection): string[] {
  const exercise = EXERCISES.find(one => one.name === name)
  if (exercise === undefined) throw new Error(`Expected an exercise ${name}`)
  return exercise.checks.filter(check => whyNotAsked(check, exercise, selection) === null).map(({ id }) => id)
}

const idsOf = (name: string): string[] => asked(name, {})

describe.each(['chat', 'kv'])('of the exercise %s', name => {
  test('everything is asked for where nothing is said', () => {
    expect(idsOf(name).length).toBeGreaterThan(15)
  })

  test('a stage asks for the stages up to it, and for safety in any case', () => {
    const prefix = name === 'chat' ? 's' : 'k'
    for (const stage of [1, 2, 3, 4, 5, 6]) {
      const wanted = idsOf(name).filter(id => id.startsWith('safe.') || Number(id.slice(prefix.length, prefix.length + 1)) <= stage)
      expect(asked(name, { stage })).toEqual(wanted)
    }
  })

  test('--quick and --stage together ask for what both do', () => {
    const both = asked(name, { quick: true, stage: 1 })
    expect(both).toEqual(asked(name, { quick: true }).filter(id => asked(name, { stage: 1 }).includes(id)))
    expect(both.length).toBeGreaterThan(0)
  })

  test('what is named is meant, whatever else is said', () => {
    const [last = ''] = idsOf(name).slice(-1)
    expect(asked(name, { only: [last], quick: true, stage: 1 })).toEqual([last])
  })
})

test('--quick asks for all of the first stage of chat and for safety, and for few of the rest', () => {
  const quick = asked('chat', { quick: true })
  for (const id of asked('chat', { stage: 1 })) expect(quick).toContain(id)
  const later = quick.filter(id => /^s[2-9]\./.test(id))
  expect(later.length).toBeGreaterThan(0)
  expect(later.length).toBeLessThan(6)
})

test('--quick asks for a few of the checks of a store, from several stages', () => {
  const quick = asked('kv', { quick: true })
  expect(quick.length).toBeLessThan(idsOf('kv').length)
  expect(new Set(quick.map(id => id.slice(0, 2))).size).toBeGreaterThan(2)
})

test('a beginning asks for all below it, and not for what is merely spelt alike', () => {
  const races = asked('chat', { only: ['s1.race'] })
  expect(races).toEqual(idsOf('chat').filter(id => id.startsWith('s1.race.')))
  expect(races.length).toBeGreaterThan(3)
  expect(asked('chat', { only: ['s1.rac'] })).toEqual([])
})

test('a reason names the option that left a check out', () => {
  const [chat] = EXERCISES
  const check = chat?.checks.find(({ id }) => id === 's3.capacity')
  if (chat === undefined || check === undefined) throw new Error('Expected s3.capacity')
  expect(whyNotAsked(check, chat, { only: ['s1'] })).toBe('Not asked for (--only).')
  expect(whyNotAsked(check, chat, { stage: 2 })).toBe('Not asked for (--stage 2).')
  expect(whyNotAsked(check, chat, { quick: true })).toBe('Left out by --quick.')
})
