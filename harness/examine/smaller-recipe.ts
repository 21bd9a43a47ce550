/** Recipes with some of it left out. What is left is numbered anew, and somebody else speaks where the speaker is gone. */
import type { RaceRecipe, RecipeAct, RecipeRequest } from '../record/race-recipe.ts'
import { recipeMembers } from './recipe-members.ts'

export interface RecipeSize {
  readonly connections: number
  readonly channels: number
  /** Joins and sends, and connections opened and closed, during the release. */
  readonly requests: number
}

export function sizeOf(recipe: RaceRecipe): RecipeSize {
  return { connections: recipe.connections.length, channels: recipe.channels, requests: requestPlaces(recipe).length }
}

export function withConnections(recipe: RaceRecipe, kept: readonly number[]): RaceRecipe {
  return rebuilt(recipe, new Set(kept), new Set(recipe.connections.flatMap((_, at) => (kept.includes(at) ? channelsOf(recipe, at) : []))))
}

export function withChannels(recipe: RaceRecipe, kept: readonly number[]): RaceRecipe {
  return rebuilt(recipe, new Set(recipe.connections.keys()), new Set(kept))
}

/** Where each request of a recipe stands. */
export interface RequestPlace {
  readonly act: number
  /** `null` for an act that is none of requests: a connection opened or closed. */
  readonly request: number | null
}

export function requestPlaces({ acts }: RaceRecipe): RequestPlace[] {
  return acts.flatMap((act, at): RequestPlace[] =>
    act.do === 'ask' ? act.requests.map((_, request) => ({ act: at, request })) : [{ act: at, request: null }],
  )
}

export function withRequests(recipe: RaceRecipe, kept: readonly RequestPlace[]): RaceRecipe {
  const places = new Set(kept.map(({ act, request }) => `${act}:${request}`))
  const acts = recipe.acts.map((act, at): RecipeAct | null => {
    if (act.do !== 'ask') return places.has(`${at}:null`) ? act : null
    const requests = act.requests.filter((_, request) => places.has(`${at}:${request}`))
    return requests.length === 0 ? null : { ...act, requests }
  })
  const together = acts.slice(0, recipe.together).filter(act => act !== null).length
  const left = { ...recipe, acts: acts.filter(act => act !== null), together }
  const used = left.connections.flatMap((_, at) => channelsOf(left, at))
  return rebuilt(left, new Set(left.connections.keys()), new Set(used))
}

function rebuilt(recipe: RaceRecipe, connections: ReadonlySet<number>, channels: ReadonlySet<number>): RaceRecipe {
  const channelAt = renumbered([...channels])
  const acting = recipe.acts.map(act => (connections.has(act.connection) ? withoutChannels(act, channelAt) : null))
  const acts = acting.filter(act => act !== null)
  const together = acting.slice(0, recipe.together).filter(act => act !== null).length
  const held = recipe.connections.map(connection => ({ ...connection, holds: mapped(connection.holds, channelAt) }))
  const { pressure } = recipe
  const isPressed = pressure !== null && connections.has(pressure.stalled) && connections.has(pressure.sender)
  const needed = new Set([...acts.map(act => act.connection), ...(isPressed ? [pressure.stalled, pressure.sender] : [])])
  const left = [...connections].filter(at => needed.has(at) || (held[at]?.holds.length ?? 0) > 0)
  const connectionAt = renumbered(left)
  const shape = {
    ...recipe,
    channels: channelAt.size,
    standingChannels: [...channelAt.keys()].filter(channel => channel < recipe.standingChannels).length,
    connections: held.filter((_, at) => connectionAt.has(at)),
    acts: acts.map(act => ({ ...act, connection: connectionAt.get(act.connection) ?? 0 })),
    together,
  }
  return {
    ...shape,
    pressure: isPressed
      ? {
          ...pressure,
          stalled: connectionAt.get(pressure.stalled) ?? 0,
          sender: connectionAt.get(pressure.sender) ?? 0,
          channel: channelAt.get(pressure.channel) ?? 0,
        }
      : null,
    roll: rollIn(shape, recipe.roll, connectionAt, channelAt),
    census: mapped(recipe.census, channelAt),
  }
}

function withoutChannels(act: RecipeAct, channelAt: ReadonlyMap<number, number>): RecipeAct | null {
  if (act.do !== 'ask') return act
  const requests = act.requests.flatMap((request): RecipeRequest[] => {
    if ('send' in request) {
      const send = channelAt.get(request.send)
      return send === undefined ? [] : [{ ...request, send }]
    }
    const join = mapped(request.join, channelAt)
    return join.length === 0 ? [] : [{ join }]
  })
  return requests.length === 0 ? null : { ...act, requests }
}

function rollIn(
  shape: Pick<RaceRecipe, 'channels' | 'connections' | 'acts'>,
  roll: RaceRecipe['roll'],
  connectionAt: ReadonlyMap<number, number>,
  channelAt: ReadonlyMap<number, number>,
): RaceRecipe['roll'] {
  const members = recipeMembers(shape)
  return roll.flatMap(call => {
    const channel = channelAt.get(call.channel)
    const own = channel === undefined ? [] : (members[channel] ?? [])
    const speaker = own.find(at => at === connectionAt.get(call.speaker)) ?? own[0]
    return channel === undefined || speaker === undefined ? [] : [{ channel, speaker }]
  })
}

/** Every channel that the connection holds, asks for or speaks in. */
function channelsOf({ connections, acts }: RaceRecipe, at: number): number[] {
  const asked = acts
    .filter(act => act.connection === at)
    .flatMap(({ requests }) => requests.flatMap(request => ('join' in request ? request.join : [request.send])))
  return [...(connections[at]?.holds ?? []), ...asked]
}

function renumbered(kept: readonly number[]): Map<number, number> {
  return new Map([...kept].sort((one, other) => one - other).map((old, at) => [old, at]))
}

function mapped(old: readonly number[], at: ReadonlyMap<number, number>): number[] {
  return old.flatMap(one => {
    const found = at.get(one)
    return found === undefined ? [] : [found]
  })
}
