import type { RaceRecipe } from '../record/race-recipe.ts'

/** For each channel of a recipe, the connections that hold it or ask for it and do not leave: those who can speak in it afterwards. */
export function recipeMembers(recipe: Pick<RaceRecipe, 'channels' | 'connections' | 'acts'>): number[][] {
  const members = Array.from({ length: recipe.channels }, () => new Set<number>())
  recipe.connections.forEach(({ holds }, connection) => holds.forEach(channel => members[channel]?.add(connection)))
  for (const { connection, requests } of recipe.acts) {
    for (const request of requests) if ('join' in request) request.join.forEach(channel => members[channel]?.add(connection))
  }
  const leavers = new Set(recipe.acts.filter(act => act.do === 'close' || act.do === 'reset').map(act => act.connection))
  return members.map(set => [...set].filter(connection => !leavers.has(connection)))
}
