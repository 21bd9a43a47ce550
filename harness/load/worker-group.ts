/** All workers of a run as one: what is said goes to all, and an answer is complete when all have given it. */
import type { MessageTable } from './message-table.ts'
import type { FromWorker, ProgressRow, ToWorker, WorkerLink, WorkerProgress } from './transport.ts'

/** A worker that gives no answer for so long is taken for one that crashed. */
const ANSWER_TIMEOUT_MS = 60_000

type Answer = Exclude<FromWorker['type'], 'progress' | 'failed'>

export class WorkerGroup {
  /** The latest from each worker. */
  readonly progress: (WorkerProgress | undefined)[]
  readonly missing: number[]
  readonly lastReadUs: number[]
  #settlement = 0
  /** Per worker, the grid's rows as last told. */
  readonly #rows: Map<number, ProgressRow>[]
  readonly #links: readonly WorkerLink[]
  readonly #answers = new Map<Answer, (FromWorker | undefined)[]>()
  readonly #waiting = new Map<Answer, () => void>()
  /** The last question of each kind. */
  readonly #asked = new Map<Answer, Promise<unknown>>()
  readonly #fail: (error: Error) => void
  /** Rejects when a worker ends that was not asked to. */
  readonly failure: Promise<never>

  constructor(links: readonly WorkerLink[]) {
    this.#links = links
    this.progress = links.map(() => undefined)
    this.#rows = links.map(() => new Map())
    this.missing = links.map(() => Infinity)
    this.lastReadUs = links.map(() => 0)
    const { promise, reject } = withRejecter()
    this.failure = promise
    this.#fail = reject
    this.failure.catch(() => undefined)
    links.forEach((link, worker) => {
      link.onMessage(message => this.#take(worker, message))
      link.onExit(error => {
        if (error !== null) this.#fail(new WorkerCrash(`Worker ${worker} of the load engine ended: ${error}`))
      })
    })
  }

  tell(message: ToWorker): void {
    for (const link of this.#links) link.send(message)
  }

  /** Tells all workers what was sent by all; from then on `missing` says what is missing of that, Infinity where a worker has not said so yet. */
  settle(table: MessageTable): void {
    this.#settlement++
    this.missing.fill(Infinity)
    this.tell({ type: 'settle', table, settlement: this.#settlement })
  }

  /**
   * Tells all workers and waits for each one's answer of the given type, at most `timeoutMs`. A question of the same kind that is still
   * open is waited for first, even where nobody wants its answers any more: they must not be taken for the answers to this one.
   */
  async ask<T extends Answer>(message: ToWorker, answer: T, timeoutMs = ANSWER_TIMEOUT_MS): Promise<Extract<FromWorker, { type: T }>[]> {
    const before = this.#asked.get(answer)
    const answers = this.#askAfter(before, message, answer, timeoutMs)
    this.#asked.set(answer, answers)
    return answers
  }

  async #askAfter<T extends Answer>(
    before: Promise<unknown> | undefined,
    message: ToWorker,
    answer: T,
    timeoutMs: number,
  ): Promise<Extract<FromWorker, { type: T }>[]> {
    await before
    this.tell(message)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const error = new WorkerCrash(`Expected every worker to answer ${message.type} within ${timeoutMs / 1000} s; one did not`)
      // The workers keep the process alive; once they are closed, an answer that is still waited for must not.
      timer = setTimeout(() => reject(error), timeoutMs).unref()
    })
    try {
      return await Promise.race([this.expect(answer), late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Waits until each worker has said this (since the last time it was waited for). */
  async expect<T extends Answer>(type: T): Promise<Extract<FromWorker, { type: T }>[]> {
    const answers = this.#answersOf(type)
    if (answers.some(answer => answer === undefined)) {
      await Promise.race([new Promise<void>(resolve => this.#waiting.set(type, resolve)), this.failure])
    }
    this.#answers.delete(type)
    return answers.filter((answer): answer is Extract<FromWorker, { type: T }> => answer?.type === type)
  }

  /** The grid's rows as told so far, all workers added up. */
  progressRows(): ProgressRow[] {
    const merged = new Map<number, ProgressRow>()
    for (const row of this.#rows.flatMap(rows => [...rows.values()])) {
      const other = merged.get(row.row)
      merged.set(row.row, other === undefined ? row : addRows(other, row))
    }
    return [...merged.values()].sort((a, b) => a.row - b.row)
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map(link => link.close()))
  }

  #take(worker: number, message: FromWorker): void {
    switch (message.type) {
      case 'progress':
        this.progress[worker] = message.progress
        for (const row of message.progress.rows) this.#rows[worker]?.set(row.row, row)
        if (message.progress.old.channel.length > 0) this.tell({ type: 'old', messages: message.progress.old })
        return
      case 'failed':
        this.#fail(new WorkerCrash(message.message))
        return
      case 'balance':
        // Said before the worker knew what has been sent since: that nothing was missing then says nothing about that.
        if (message.settlement !== this.#settlement) return
        this.missing[worker] = message.missing
        this.lastReadUs[worker] = message.lastReadUs
        return
      default: {
        const answers = this.#answersOf(message.type)
        answers[worker] = message
        if (answers.every(answer => answer !== undefined)) this.#waiting.get(message.type)?.()
      }
    }
  }

  #answersOf(type: Answer): (FromWorker | undefined)[] {
    const answers = this.#answers.get(type) ?? this.#links.map(() => undefined)
    this.#answers.set(type, answers)
    return answers
  }
}

/** A worker died: the harness's fault, never the candidate's. */
export class WorkerCrash extends Error {
  override readonly name = 'WorkerCrash'
}

function addRows(a: ProgressRow, b: ProgressRow): ProgressRow {
  const counts = a.counts.map((count, bucket) => count + (b.counts[bucket] ?? 0))
  return { row: a.row, counts, maxUs: Math.max(a.maxUs, b.maxUs), sent: a.sent + b.sent, shed: a.shed + b.shed }
}

function withRejecter(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<never>((_, rejecter) => {
    reject = rejecter
  })
  return { promise, reject }
}
