/** Which channels may be opened. Look-ups of the same moment are answered together, as the moderation service would want it. */

const BANNED = new Set(['banned-by-moderation'])

export class Moderation {
  #waiting: (() => void)[] = []

  async allows(name: string): Promise<boolean> {
    await new Promise<void>((resolve) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#answer())
      this.#waiting.push(resolve)
    })
    return !BANNED.has(name)
  }

  #answer(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
