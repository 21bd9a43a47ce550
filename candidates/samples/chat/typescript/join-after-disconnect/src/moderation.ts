/** Which channels may be opened. The moderation service wants few requests: look-ups gather for a moment and are answered together. */

const GATHER_MS = 50

const BANNED = new Set(['banned-by-moderation'])

export class Moderation {
  #waiting: (() => void)[] = []

  async allows(name: string): Promise<boolean> {
    await new Promise<void>((resolve) => {
      if (this.#waiting.length === 0) setTimeout(() => this.#answer(), GATHER_MS)
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
