import { encodeTexts } from './framing.ts'
import type { Transport } from './framing.ts'

/** What one channel got in one turn, encoded once a transport and shared by all its members. */
export class Contribution {
  readonly messageCount: number
  private readonly texts: readonly string[]
  private frames: Buffer | undefined
  private lines: Buffer | undefined

  constructor(texts: readonly string[]) {
    this.texts = texts
    this.messageCount = texts.length
  }

  bytesFor(transport: Transport): Buffer {
    if (transport === 'ws') return (this.frames ??= encodeTexts('ws', this.texts))
    return (this.lines ??= encodeTexts('tcp', this.texts))
  }
}

/**
 * What one connection gets in one turn: an ordered chain of channels' contributions.
 *
 * Connections in the same channels share the same chain, and so share one joined buffer: two hundred users who are all in the
 * same twenty channels cost one join of twenty pieces, not two hundred. Each extension of a chain is O(1), because channels
 * contribute one after the other and a link need only remember its latest extension.
 */
export class Batch {
  readonly messageCount: number
  private readonly last: Contribution | undefined
  private readonly before: Batch | undefined
  private latest: Batch | undefined
  private frames: Buffer | undefined
  private lines: Buffer | undefined

  constructor(last?: Contribution, before?: Batch) {
    this.last = last
    this.before = before
    this.messageCount = (before?.messageCount ?? 0) + (last?.messageCount ?? 0)
  }

  /** This batch followed by one more channel's messages; the same object for the same contribution. */
  followedBy(contribution: Contribution): Batch {
    if (this.latest === undefined || this.latest.last !== contribution) this.latest = new Batch(contribution, this)
    return this.latest
  }

  /** The bytes for a transport, joined when first asked for and then shared. */
  bytesFor(transport: Transport): Buffer {
    if (transport === 'ws') return (this.frames ??= this.join('ws'))
    return (this.lines ??= this.join('tcp'))
  }

  private join(transport: Transport): Buffer {
    const pieces = Batch.contributionsOf(this).map(contribution => contribution.bytesFor(transport))
    const [only] = pieces
    return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces)
  }

  /** In order. Not recursive, as the chain of a connection in 100,000 channels may be that long. */
  private static contributionsOf(end: Batch): Contribution[] {
    const contributions: Contribution[] = []
    for (let link: Batch | undefined = end; link !== undefined; link = link.before) {
      if (link.last !== undefined) contributions.push(link.last)
    }
    return contributions.reverse()
  }
}
