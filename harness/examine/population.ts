/** The users and channels that an operation has nothing to do with: many or few of them, each channel held by one user. */
import type { Actor } from './actor.ts'
import type { Scene } from './scene.ts'

const CHANNELS_A_USER = 64
const USERS_AT_ONCE = 50
const CLOSE_MS = 5000

/** Users who have connected and asked to join. */
interface Wave {
  readonly settled: Promise<void>
}

export class Population {
  readonly #scene: Scene
  readonly #prefix: string
  readonly #holders: Actor[] = []

  constructor(scene: Scene) {
    this.#scene = scene
    this.#prefix = scene.freshChannel('held')
  }

  get channels(): number {
    return this.#holders.length * CHANNELS_A_USER
  }

  get users(): number {
    return this.#holders.length
  }

  /** `place` from 0 to `channels` - 1. */
  channelName(place: number): string {
    return `${this.#prefix}.${place}`
  }

  /** Users come or go until there are so many channels, a multiple of 64; or until nobody more shall come, as it takes too long. */
  async resizeTo(channels: number, isTooLong: () => boolean = () => false): Promise<void> {
    const users = Math.ceil(channels / CHANNELS_A_USER)
    // While some connect, the joins of those before them are under way: two waves at once, so that a slow server is not asked for all of them.
    let before: Promise<void> = Promise.resolve()
    while (this.#holders.length < users && !isTooLong()) {
      const wave = await this.#come(Math.min(USERS_AT_ONCE, users - this.#holders.length))
      await before
      before = wave.settled
    }
    await before
    if (this.#holders.length > users) await this.#leave(this.#holders.splice(users))
  }

  async #come(count: number): Promise<Wave> {
    const wave = await this.#scene.openMany(count, 'holder')
    const tickets = wave.map((holder, place) => holder.join(this.#channelsOf(this.#holders.length + place)))
    this.#holders.push(...wave)
    const settled = this.#scene.settledAll(wave, tickets)
    // Whoever waits for it gets its error; until then it shall not count as one that nobody handles.
    settled.catch(() => undefined)
    return { settled }
  }

  #channelsOf(user: number): string[] {
    return Array.from({ length: CHANNELS_A_USER }, (_, place) => this.channelName(user * CHANNELS_A_USER + place))
  }

  async #leave(leavers: readonly Actor[]): Promise<void> {
    for (const leaver of leavers) leaver.close()
    await leaveAll(this.#scene, leavers)
  }
}

/** Waits until all that were told to close are closed, and lets go of them. */
export async function leaveAll(scene: Scene, leavers: readonly Actor[]): Promise<void> {
  await scene.patience.within(CLOSE_MS, () => leavers.every(leaver => leaver.isClosed), scene.server)
  for (const leaver of leavers) leaver.client.destroy()
  scene.retire(leavers)
}
