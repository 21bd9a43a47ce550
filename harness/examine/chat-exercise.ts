/** The chat exercise: each check on the server it asks for, one that the checks share or one of its own. */
import type { ExitInfo } from '../candidate/exit-info.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckResult } from '../record/check-record.ts'
import { createReadArea } from '../wire/read-area.ts'
import { runChatCheck } from './chat-attempt.ts'
import type { Check } from './check.ts'
import { CHECKS } from './check-list.ts'
import { controlAnswer } from './control-answer.ts'
import type { CheckTask, CheckTurn, Exercise, ExerciseGround, OpenExercise } from './exercise.ts'
import { endedIdle, isCrash } from './run-check.ts'

const READ_WINDOW_BYTES = 1024 * 1024
/** Besides stage 1 and hostile input. */
const ALSO_QUICK = ['s2.isolation', 's2.recovery']

export const CHAT: Exercise = {
  name: 'chat',
  checks: CHECKS,
  isQuick: ({ id, stage }) => stage === '1' || stage === 'safe' || ALSO_QUICK.includes(id),
  assertTakes: () => undefined,
  open: ground => new OpenChat(ground),
}

class OpenChat implements OpenExercise {
  readonly tasks: readonly CheckTask[]
  readonly #ground: ExerciseGround
  readonly #area = createReadArea(READ_WINDOW_BYTES)
  #shared: RunningCandidate | null = null
  /** The last check, in their order, that the shared server was used by. */
  #lastOnShared: Check | null = null
  #starting: Promise<RunningCandidate> | null = null
  #lastStart: Promise<unknown> = Promise.resolve()
  #output = ''

  constructor(ground: ExerciseGround) {
    this.#ground = ground
    this.tasks = CHECKS.map(check => ({
      check,
      whyUnable: whyUnable(check, ground),
      // Where Assay starts no servers, what asks for one of its own would share it, and see what the others do to it.
      group: check.server === 'shared' || ground.manifest !== null ? check.group : undefined,
      run: async (turn, progress) => await this.#run(check, turn, progress),
    }))
  }

  output(): string {
    return this.#output
  }

  endedSince(): { readonly check: Check; readonly exit: ExitInfo } | null {
    const exit = this.#shared?.hasExited() ?? null
    if (exit === null || !isCrash(exit) || this.#lastOnShared === null) return null
    this.#output = this.#shared?.output() ?? ''
    return { check: this.#lastOnShared, exit }
  }

  async rest(): Promise<void> {
    const shared = this.#shared
    this.#shared = null
    this.#lastOnShared = null
    await shared?.stop()
  }

  async #run(check: Check, { repetition, isTogether }: CheckTurn, progress: (text: string) => void): Promise<CheckResult> {
    const ended = check.server === 'shared' ? (this.#shared?.hasExited() ?? null) : null
    if (ended !== null && isCrash(ended)) {
      this.#output = this.#shared?.output() ?? ''
      await this.rest()
      return endedIdle(check, ended, repetition, 'before the check began')
    }
    const { ground, server } = { ground: this.#ground, server: await this.#serverFor(check) }
    if (check.server === 'shared') this.#lastOnShared = laterOf(check, this.#lastOnShared)
    let isSpoiled = true
    try {
      const result = await runChatCheck(check, {
        server,
        start: async startOptions => await ground.start(startOptions),
        area: this.#area,
        seed: ground.seed,
        repetition,
        isTogether,
        quick: ground.quick,
        manifest: ground.manifest,
        signal: ground.signal,
        measure: null,
        control: async (one, profile) => await controlAnswer(one, { profile, target: ground.target, signal: ground.signal }),
        progress,
      })
      isSpoiled = result.outcome !== 'pass' || server.hasExited() !== null
      return result
    } finally {
      this.#output = server.output()
      if (check.server === 'fresh' && ground.target.kind === 'manifest') await server.stop()
      else if (isSpoiled && !isTogether) await this.rest()
    }
  }

  async #serverFor(check: Check): Promise<RunningCandidate> {
    this.#ground.signal.throwIfAborted()
    if (check.server === 'fresh') return await this.#startInTurn()
    if (this.#shared !== null && this.#shared.hasExited() === null) return this.#shared
    this.#starting ??= this.#startInTurn().finally(() => (this.#starting = null))
    return (this.#shared = await this.#starting)
  }

  /** One after the other: each may take the time to start that it has alone. */
  async #startInTurn(): Promise<RunningCandidate> {
    const start = this.#lastStart.then(async () => await this.#ground.start())
    this.#lastStart = start.catch(() => undefined)
    return await start
  }
}

function laterOf(check: Check, other: Check | null): Check {
  return other !== null && CHECKS.indexOf(other) > CHECKS.indexOf(check) ? other : check
}

function whyUnable(check: Check, { manifest, pid }: ExerciseGround): string | null {
  for (const need of check.needs) {
    switch (need) {
      case 'usernames':
        if (manifest?.usernames === undefined) return 'The manifest declares no `usernames` policy.'
        break
      case 'freeze':
        if (manifest === null) return 'Assay did not start this server and so does not freeze it.'
        if (process.platform !== 'linux') return 'needs Linux'
        break
      case 'own start':
        if (manifest === null) return 'Assay did not start this server and so cannot lower its limit of descriptors.'
        if (process.platform !== 'linux') return 'needs Linux'
        break
      case 'own process':
        if (manifest === null && pid === undefined) return 'Assay did not start this server and so does not see its process.'
        if (process.platform !== 'linux') return 'needs Linux'
        break
    }
  }
  return null
}
