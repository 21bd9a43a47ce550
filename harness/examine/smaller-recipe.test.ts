import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RaceRecipe, raceRecipeSchema } from '../record/race-recipe.ts'
import { ask, doing, numbers, passing, planned, standing } from './race-plan.ts'
import { recipeMembers } from './recipe-members.ts'
import { requestPlaces, sizeOf, withChannels, withConnections, withRequests } from './smaller-recipe.ts'

/** Two join two channels each, a third leaves one of them, a fourth connects meanwhile; the second speaks in both. */
const RECIPE = planned(0, {
  channels: 3,
  standingChannels: 1,
  connections: [standing('ada'), standing('bob', [0]), passing('cleo', [1]), { ...passing('dan'), late: true }],
  acts: [
    ask(0, { join: [1, 2] }, { send: 1, bodyBytes: 10 }),
    ask(1, { join: [1] }, { join: [2] }),
    doing(2, 'reset'),
    doing(3, 'connect'),
  ],
  together: 3,
  roll: [
    { channel: 0, speaker: 1 },
    { channel: 1, speaker: 1 },
    { channel: 2, speaker: 1 },
  ],
  census: [1, 2],
})

describe('a recipe of which something is left out', () => {
  test('has its connections numbered anew, and another member speaks where the speaker is gone', () => {
    const smaller = withConnections(RECIPE, [0, 2])
    expect(smaller.connections.map(({ name }) => name)).toEqual(['ada', 'cleo'])
    expect(smaller.acts.map(({ connection, do: what }) => [connection, what])).toEqual([
      [0, 'ask'],
      [1, 'reset'],
    ])
    expect(smaller.roll.every(({ speaker }) => speaker === 0)).toBe(true)
    expect(smaller.together).toBe(2)
  })

  test('keeps of each request only the channels that are left', () => {
    const smaller = withChannels(RECIPE, [2])
    expect(smaller.channels).toBe(1)
    expect(smaller.standingChannels).toBe(0)
    expect(smaller.acts[0]?.requests).toEqual([{ join: [0] }])
    expect(smaller.acts[1]?.requests).toEqual([{ join: [0] }])
    expect(smaller.roll).toEqual([{ channel: 0, speaker: 1 }])
    expect(smaller.census).toEqual([0])
  })

  test('loses the connections that have nothing left to do', () => {
    const [first, , second] = requestPlaces(RECIPE)
    const smaller = withRequests(
      RECIPE,
      [first, second].filter(place => place !== undefined),
    )
    expect(sizeOf(smaller)).toEqual({ connections: 4 - 1, channels: 3, requests: 2 })
    expect(smaller.connections.map(({ name }) => name)).toEqual(['ada', 'bob', 'cleo'])
  })

  test('is without back-pressure once the one that stops reading is gone', () => {
    const pressure = { stalled: 2, sender: 1, channel: 1, bodyBytes: 100, messages: 5, letGo: 'reset' as const }
    expect(withConnections({ ...RECIPE, pressure }, [0, 1]).pressure).toBeNull()
    expect(withConnections({ ...RECIPE, pressure }, [1, 2]).pressure).toMatchObject({ stalled: 1, sender: 0, channel: 1 })
  })

  test('is whole, whatever is left out: every number names something, and every speaker is a member', () => {
    fc.assert(
      fc.property(recipes(), fc.infiniteStream(fc.boolean()), (recipe, coins) => {
        const some = <T>(items: readonly T[]): T[] => items.filter(() => coins.next().value)
        let smaller: RaceRecipe = recipe
        smaller = withConnections(smaller, some([...smaller.connections.keys()]))
        expectWhole(smaller)
        smaller = withChannels(smaller, some(numbers(smaller.channels)))
        expectWhole(smaller)
        smaller = withRequests(smaller, some(requestPlaces(smaller)))
        expectWhole(smaller)
      }),
    )
  })

  test('of which nothing is left out stays as it is', () => {
    expect(withConnections(RECIPE, [0, 1, 2, 3])).toEqual(RECIPE)
    expect(withChannels(RECIPE, [0, 1, 2])).toEqual(RECIPE)
    expect(withRequests(RECIPE, requestPlaces(RECIPE))).toEqual(RECIPE)
  })
})

function expectWhole(recipe: RaceRecipe): void {
  expect(raceRecipeSchema.parse(recipe)).toEqual(recipe)
  const members = recipeMembers(recipe)
  for (const { channel, speaker } of recipe.roll) expect(members[channel]).toContain(speaker)
  for (const { connection } of recipe.acts) expect(recipe.connections[connection]).toBeDefined()
  const named = recipe.acts.flatMap(({ requests }) => requests.flatMap(request => ('join' in request ? request.join : [request.send])))
  const all = [...named, ...recipe.connections.flatMap(({ holds }) => holds), ...recipe.census]
  expect(all.every(channel => channel < recipe.channels)).toBe(true)
  expect(recipe.together).toBeLessThanOrEqual(recipe.acts.length)
  expect(recipe.standingChannels).toBeLessThanOrEqual(recipe.channels)
}

function recipes(): fc.Arbitrary<RaceRecipe> {
  return fc.record({ channels: fc.integer({ min: 1, max: 6 }), users: fc.integer({ min: 1, max: 6 }) }).chain(({ channels, users }) => {
    const some = fc.uniqueArray(fc.nat(channels - 1))
    const request = fc.oneof(
      fc.record({ join: fc.uniqueArray(fc.nat(channels - 1), { minLength: 1 }) }),
      fc.record({ send: fc.nat(channels - 1), bodyBytes: fc.nat(9) }),
    )
    const act = fc.record({ connection: fc.nat(users - 1), requests: fc.array(request, { minLength: 1, maxLength: 3 }) })
    const holds = fc.array(some, { minLength: users, maxLength: users })
    return fc
      .record({ acts: fc.array(act, { maxLength: 8 }), holds, standingChannels: fc.nat(channels), together: fc.nat(8) })
      .map(given => {
        const connections = given.holds.map((held, at) => standing(`user ${at}`, held))
        const acts = given.acts.map(({ connection, requests }) => ask(connection, ...requests))
        const roll = recipeMembers({ channels, connections, acts }).flatMap(([speaker], channel) =>
          speaker === undefined ? [] : [{ channel, speaker }],
        )
        const together = Math.min(given.together, acts.length)
        return planned(0, {
          channels,
          connections,
          acts,
          roll,
          together,
          standingChannels: given.standingChannels,
          census: numbers(channels),
        })
      })
  })
}
