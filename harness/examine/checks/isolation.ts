import type { Actor } from '../actor.ts'
import type { Check } from '../check.ts'
import type { Scene } from '../scene.ts'

const LONGEST_BYTES = 64
/** For those who leave to be gone, and for what a server then does about it. */
const LEFT_MS = 2000
const CLEANED_UP_MS = 100

export const isolation: Check = {
  id: 's1.isolation',
  stage: '1',
  title: 'Nobody gets messages of a channel they did not join, however alike the names are.',
  provokes:
    'Members of its own in each of many channels whose names share a prefix, differ in case, in Unicode form or in one of 64 bytes, or mean something to a language; each sends. Then half of the channels are left, and the others are sent to.',
  needs: [],
  server: 'shared',
  group: 'calm',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const mark = scene.freshChannel('r')
    const names = [...NAMES, ...VARIED.map(name => name.replaceAll('red', mark)), ...longNames(mark)]
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
    await scene.settle()
    await leaveByHalves(
      scene,
      names.map((name, place) => ({ name, members: [members[place], pairs[place]].filter(member => member !== undefined) })),
    )
    await scene.quiet()
    return { outcome: 'pass', reason: `${names.length} channels with names that are easily mixed up kept their messages to themselves.` }
  },
}

interface Room {
  readonly name: string
  readonly members: readonly Actor[]
}

/** A channel that ends takes none along whose name is like its own: every second one ends and begins again, then the others do. */
async function leaveByHalves(scene: Scene, rooms: readonly Room[]): Promise<void> {
  let leaving = rooms.filter((_, place) => place % 2 === 0)
  let staying = rooms.filter((_, place) => place % 2 === 1)
  for (let turn = 0; turn < 2; turn++) {
    const leavers = leaving.flatMap(({ members }) => members)
    for (const leaver of leavers) leaver.close()
    await scene.patience.within(LEFT_MS, () => leavers.every(leaver => leaver.isClosed), scene.server)
    await scene.patience.pause(CLEANED_UP_MS, scene.server)
    await sendInEach(scene, staying)
    ;[leaving, staying] = [staying, await comeBack(scene, leaving)]
  }
  await sendInEach(scene, [...leaving, ...staying])
}

async function sendInEach(scene: Scene, rooms: readonly Room[]): Promise<void> {
  for (const { name, members } of rooms) members[0]?.send(name)
  await scene.settle()
}

async function comeBack(scene: Scene, rooms: readonly Room[]): Promise<Room[]> {
  const actors = await scene.openMany(rooms.length, 'comes back')
  await scene.settledAll(
    actors,
    actors.map((actor, place) => actor.join([rooms[place]?.name ?? ''])),
  )
  return rooms.map(({ name }, place) => ({ name, members: actors.slice(place, place + 1) }))
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
  // In Java, one hash code.
  'Aa',
  'BB',
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
  'red\0',
  'red\0red',
]

/** As long as every server must take them, and equal but for the last or the middle byte. */
function longNames(mark: string): string[] {
  const [half, whole] = [LONGEST_BYTES / 2, LONGEST_BYTES]
  return [
    mark.padEnd(whole, 'x'),
    `${mark.padEnd(whole - 1, 'x')}y`,
    `${mark.padEnd(half, 'x')}y`.padEnd(whole, 'x'),
    mark.padEnd(whole - 1, 'x'),
  ]
}
