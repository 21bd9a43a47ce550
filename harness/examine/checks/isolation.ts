import type { Check } from '../check.ts'

export const isolation: Check = {
  id: 's1.isolation',
  stage: '1',
  title: 'Nobody gets messages of a channel they did not join, however alike the names are.',
  provokes:
    'A member of its own in each of many channels whose names share a prefix, differ in case or Unicode form, or mean something to a language; each sends.',
  needs: [],
  server: 'shared',
  group: 'calm',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const mark = scene.freshChannel('r')
    const names = [...NAMES, ...VARIED.map(name => name.replaceAll('red', mark))]
    const members = await scene.openMany(names.length, 'member')
    const pairs = await scene.openMany(names.length, 'second member')
    await scene.openMany(3, 'member of nothing')
    await scene.settledAll(
      [...members, ...pairs],
      [...members, ...pairs].map((member, place) => member.join([names[place % names.length] ?? ''])),
    )
    members.forEach((member, place) => member.send(names[place] ?? ''))
    await scene.settle()
    pairs.forEach((member, place) => member.send(names[place] ?? ''))
    await scene.quiet()
    return { outcome: 'pass', reason: `${names.length} channels with names that are easily mixed up kept their messages to themselves.` }
  },
}

const NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'null',
  'undefined',
  'NaN',
  'true',
  '0',
  '00',
  '1',
  '1.0',
  '-0',
  '"',
  "'",
  '\\',
  '\n',
  '\t',
  ' ',
  '  ',
  '.',
  '*',
  '#',
  '/',
  '%',
  '%20',
  '{}',
  '[]',
  '😀',
  '👩‍👩‍👧',
  'é'.normalize('NFC'),
  'é'.normalize('NFD'),
  'ß',
  'ss',
  'SS',
  'İ',
  'i',
  'I',
  'ı',
  'Å',
  'Å'.normalize('NFC'),
  'ﬁ',
  'fi',
]

const VARIED: readonly string[] = [
  'red',
  'redd',
  'red ',
  ' red',
  'red\n',
  'red/1',
  'red/11',
  'red.1',
  'red,blue',
  'RED',
  'xred',
  'red\u0301',
  'red\u200b',
  '#red',
]
