/** Plays batches given as recipes against one server, and keeps those connections and channels that stand from batch to batch. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RaceRecipe, RecipeAct, RecipeConnection } from '../record/race-recipe.ts'
import type { Actor, ActorRequest } from './actor.ts'
import { callTheRoll, takeCensus } from './census.ts'
import type { CheckContext } from './check.ts'
import { stall } from './pressure.ts'
import { recipeMembers } from './recipe-members.ts'
import { release } from './release.ts'
import type { Scene } from './scene.ts'

const CONNECTING_AT_ONCE = 50
/** For those who left to be seen gone. */
const LEFT_MS = 1000

export class RacePlayer {
  readonly #context: CheckContext
  readonly #scene: Scene
  readonly #standing = new Map<string, Actor>()
  readonly #standingChannels: string[] = []
  /** Who of the standing is in which standing channel already. */
  readonly #entered = new Set<string>()
  #passers: readonly Actor[] = []

  constructor(context: CheckContext, scene: Scene) {
    this.#context = context
    this.#scene = scene
  }

  /**
   * One batch, from connecting to the last word of its roll; what must be delivered is left to be waited for, and then `finish` to be
   * called. Returns who took part, by the recipe's numbers.
   *
   * @throws StuckError, ServerGoneError and the like, as every wait of a scene does.
   */
  async play(recipe: RaceRecipe): Promise<readonly (Actor | undefined)[]> {
    const { patience, nowMs } = this.#context
    const scene = this.#scene
    const startMs = nowMs()
    const channels = this.#name(recipe)
    const cast = await this.#gather(recipe)
    await this.#hold(recipe, cast, channels)
    const letGo = recipe.pressure === null ? undefined : await stall(this.#context, scene, recipe.pressure, cast, channels)
    await this.#act(recipe, cast, channels)
    await letGo?.()
    await scene.opened(recipe.connections.flatMap(({ late }, at) => (late ? present(cast[at]) : [])))
    await scene.allSettled()
    const leavers = recipe.acts.flatMap(act => (act.do === 'close' || act.do === 'reset' ? present(cast[act.connection]) : []))
    await patience.within(LEFT_MS, () => leavers.every(leaver => leaver.isClosed), scene.server)
    await this.#listen(recipe, cast, channels)
    await patience.pause(Math.max(0, startMs + recipe.leastMs - nowMs()), scene.server)
    this.#passers = recipe.connections.flatMap(({ stands }, at) => (stands ? [] : present(cast[at])))
    return cast
  }

  /** Lets those go who came for this batch alone; to be called once all that they must read has come. */
  finish(): void {
    this.#passers.forEach((actor, place) => {
      if (!actor.isClosed) actor.close(place % 2 === 0 ? 'reset' : 'close')
    })
    this.#scene.retire(this.#passers)
  }

  #name(recipe: RaceRecipe): string[] {
    while (this.#standingChannels.length < recipe.standingChannels) this.#standingChannels.push(this.#scene.freshChannel('standing'))
    return Array.from({ length: recipe.channels }, (_, at) =>
      at < recipe.standingChannels ? (this.#standingChannels[at] ?? '') : this.#scene.freshChannel('race'),
    )
  }

  async #gather(recipe: RaceRecipe): Promise<(Actor | undefined)[]> {
    const cast: (Actor | undefined)[] = []
    for (let from = 0; from < recipe.connections.length; from += CONNECTING_AT_ONCE) {
      const wave = recipe.connections.slice(from, from + CONNECTING_AT_ONCE).map(connection => this.#find(connection))
      await this.#scene.opened(wave.filter(actor => actor !== undefined))
      cast.push(...wave)
    }
    return cast
  }

  #find({ name, stands, late }: RecipeConnection): Actor | undefined {
    if (late) return undefined
    const known = this.#standing.get(name)
    if (known !== undefined && known.isOpen) return known
    const actor = this.#scene.connect(name)
    if (stands) this.#standing.set(name, actor)
    return actor
  }

  /** One member a channel first, so that holding is no race of its own; then all others at once. */
  async #hold(recipe: RaceRecipe, cast: readonly (Actor | undefined)[], channels: readonly string[]): Promise<void> {
    const taken = new Set<number>()
    const waves: Map<number, number[]>[] = [new Map(), new Map()]
    recipe.connections.forEach(({ holds }, at) => {
      for (const channel of holds) {
        const key = `${cast[at]?.index}:${channels[channel]}`
        if (this.#entered.has(key)) continue
        if (channel < recipe.standingChannels) this.#entered.add(key)
        const wave = waves[taken.has(channel) ? 1 : 0]
        taken.add(channel)
        wave?.set(at, [...(wave.get(at) ?? []), channel])
      }
    })
    for (const wave of waves) {
      const joins = [...wave].flatMap(([at, held]) =>
        present(cast[at]).map(actor => ({ actor, ticket: actor.join(held.map(channel => channels[channel] ?? '')) })),
      )
      await this.#scene.settledAll(
        joins.map(({ actor }) => actor),
        joins.map(({ ticket }) => ticket),
      )
    }
  }

  async #act(recipe: RaceRecipe, cast: (Actor | undefined)[], channels: readonly string[]): Promise<void> {
    const { acts, together, connections } = recipe
    const perform = (act: RecipeAct): void => {
      const connection = connections[act.connection]
      if (act.do === 'connect' && connection !== undefined) cast[act.connection] = this.#scene.connect(connection.name)
      const actor = cast[act.connection]
      if (act.do === 'close' || act.do === 'reset') actor?.close(act.do)
      if (act.do !== 'ask' || actor === undefined || !actor.isOpen) return
      actor.pipeline(act.requests.map(request => this.#request(request, channels)))
    }
    if (together > 0) await release(this.#context, this.#scene.server, recipe.release, () => acts.slice(0, together).forEach(perform))
    for (const act of acts.slice(together)) {
      if (act.after === 'turn') await nextTurn()
      if (act.after === 'millisecond') await this.#context.patience.pause(1, this.#scene.server)
      perform(act)
    }
  }

  #request(request: RecipeAct['requests'][number], channels: readonly string[]): ActorRequest {
    if ('join' in request) return { join: request.join.map(channel => channels[channel] ?? '') }
    return { send: channels[request.send] ?? '', body: this.#scene.freshBody().padEnd(request.bodyBytes, ' sent') }
  }

  async #listen(recipe: RaceRecipe, cast: readonly (Actor | undefined)[], channels: readonly string[]): Promise<void> {
    const members = recipeMembers(recipe)
    const calls = recipe.roll.flatMap(({ channel, speaker }) =>
      present(cast[speaker]).map(actor => ({ channel: channels[channel] ?? '', speaker: actor, members: members[channel] ?? [] })),
    )
    await callTheRoll(this.#context, this.#scene, calls)
    const [first] = recipe.census
    if (first === undefined || this.#scene.pending.total > 0) return
    const speakers = (members[first] ?? []).flatMap(at => present(cast[at])).filter(actor => actor.isOpen)
    await takeCensus(
      this.#context,
      this.#scene,
      recipe.census.map(channel => channels[channel] ?? ''),
      speakers,
    )
  }
}

function present(actor: Actor | undefined): Actor[] {
  return actor === undefined ? [] : [actor]
}
