/** Small words that the plans of race checks are written in. */
import type { RaceRecipe, RecipeAct, RecipeConnection, RecipeRequest } from '../record/race-recipe.ts'
import type { Random } from '../scenario/seeded-random.ts'
import { recipeMembers } from './recipe-members.ts'

export function numbers(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, at) => from + at)
}

export function standing(name: string, holds: readonly number[] = []): RecipeConnection {
  return { name, stands: true, late: false, holds: [...holds] }
}

export function passing(name: string, holds: readonly number[] = []): RecipeConnection {
  return { name, stands: false, late: false, holds: [...holds] }
}

export function ask(connection: number, ...requests: readonly RecipeRequest[]): RecipeAct {
  return { connection, do: 'ask', requests: [...requests], after: 'nothing' }
}

export function doing(connection: number, what: Exclude<RecipeAct['do'], 'ask'>): RecipeAct {
  return { connection, do: what, requests: [], after: 'nothing' }
}

/** A batch of which nothing is said but what is given: all acts released together, by a thaw in even batches and in a burst in odd ones. */
export function planned(batch: number, given: Pick<RaceRecipe, 'channels' | 'connections' | 'acts'> & Partial<RaceRecipe>): RaceRecipe {
  return {
    release: batch % 2 === 0 ? 'freeze' : 'burst',
    together: given.acts.length,
    standingChannels: 0,
    pressure: null,
    roll: [],
    census: [],
    leastMs: 0,
    ...given,
  }
}

/** One of its members for each of the channels, drawn by lot. */
export function rollOf(
  random: Random,
  recipe: Pick<RaceRecipe, 'channels' | 'connections' | 'acts'>,
  channels: readonly number[],
): RaceRecipe['roll'] {
  const members = recipeMembers(recipe)
  return channels.flatMap(channel => {
    const own = members[channel] ?? []
    const speaker = own.length === 0 ? undefined : own[random.below(own.length)]
    return speaker === undefined ? [] : [{ channel, speaker }]
  })
}
