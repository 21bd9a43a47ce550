import type { Actor } from '../actor.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { type Filler, startFiller } from '../filler.ts'
import { heldPorts } from '../held-connections.ts'
import { failure } from '../late-finding.ts'
import { PAUSE_MS, startPausing, type PausingReaders } from '../pausing-readers.ts'
import { watchCpu } from '../patience.ts'
import type { Scene } from '../scene.ts'
import { endOfStay, needsTraffic, type Stay, type StayEnd } from '../stay-limit.ts'

const MIB = 1024 ** 2
const STOPPED = 3
const BUSY = 3
const SENDERS = 3
const FILL_PER_SECOND = 100
const TRICKLE_PER_SECOND = 10
/** Some small messages at once, as when everybody answers. */
const BURST = 20
const BURST_EVERY_MS = 1500
/** Messages are asked for all the time; so long after a delivery, one has surely been without effect since. */
const ASKED_AGAIN_MS = BURST_EVERY_MS + 500
/** The contract's: over so long a server's CPU must be idle for it to be stuck. */
const IDLE_MS = 10_000
/** Long enough for several pauses, and for whoever counts only to a few. */
const LEAST_MS = 6000
const LOOK_MS = 100
/** After reading goes on, a close that stands behind what was not read is found. */
const CLOSE_SEEN_MS = 8000

export const eviction: Check = {
  id: 's2.eviction',
  stage: '2',
  title: 'A reader that stays stopped is disconnected; one that keeps up with pauses is not.',
  provokes:
    'Three readers stop for good while 16 MiB and more are sent to their channel, for 30 s or for as long as the server takes to let it through; three others of the same channel pause for 420 ms every second, through bursts of 60 messages, and read the rest of the time.',
  needs: [],
  server: 'fresh',
  budgetMs: 180_000,
  async run(context) {
    const scene = context.scene()
    const channel = scene.freshChannel('slow')
    const stopped = await scene.openMany(STOPPED, 'stopped reader')
    const busy = await scene.openMany(BUSY, 'reader with pauses')
    const senders = await scene.openMany(SENDERS, 'sender')
    await scene.enterAll([...stopped, ...busy, ...senders], [channel])
    const filler = startFiller(context, senders, channel, () => scene.freshBody())
    const pausing = startPausing(context, busy)
    const bursts = setInterval(() => {
      for (const one of senders) for (let count = 0; count < BURST && one.isOpen; count++) one.send(channel)
    }, BURST_EVERY_MS)
    const end = (): void => {
      filler.stop()
      pausing.stop()
      clearInterval(bursts)
    }
    try {
      return await play(context, scene, { stopped, readers: senders, filler, pausing, end })
    } finally {
      end()
    }
  },
}

interface Cast {
  readonly stopped: readonly Actor[]
  /** Members of the same channel who read all the time. */
  readonly readers: readonly Actor[]
  readonly filler: Filler
  readonly pausing: PausingReaders
  end(): void
}

async function play(context: CheckContext, scene: Scene, cast: Cast): Promise<CheckFinding> {
  const { stopped, filler, pausing } = cast
  for (const reader of stopped) reader.stopReading()
  const stay = await waitForEviction(context, scene, cast)
  cast.end()
  const stayed = stay.end === 'evicted' ? [] : await stillConnected(context, scene, stopped)
  await scene.quiet()
  const figures = {
    evictedMs: stay.end === 'evicted' ? Math.round(stay.passedMs) : 0,
    sentMiB: Math.round(filler.sentBytes / MIB),
    trafficMiB: Math.round(stay.trafficBytes / MIB),
    longestPauseMs: Math.round(pausing.longestMs()),
  }
  if (pausing.isExcused() && pausing.someClosed()) {
    return {
      outcome: 'inconclusive',
      reason: `generator saturated: a pause of ${PAUSE_MS} ms lasted ${figures.longestPauseMs} ms.`,
      figures,
    }
  }
  if (stayed.length === 0) {
    const when = stay.end === 'evicted' ? `after ${seconds(stay.passedMs, 1)}` : `within ${seconds(stay.passedMs)}`
    const reason = `${STOPPED} stopped readers were disconnected ${when}, and ${BUSY} that kept up with pauses were not.`
    return { outcome: 'pass', reason, figures }
  }
  return findingOf(stay, stayed.length, figures)
}

function findingOf(stay: StayLook, stayed: number, figures: Readonly<Record<string, number>>): CheckFinding {
  const others = `the other members had read ${(stay.trafficBytes / MIB).toFixed(0)} MiB`
  const who = `${stayed} of ${STOPPED} readers that had stopped were still connected after ${seconds(stay.passedMs)}`
  switch (stay.end) {
    case 'evicted':
    case 'overstayed':
      return failure('growth', 'stopped reader', `${who}; by then ${others}.`, figures)
    case 'stuck': {
      const story = `For ${seconds(stay.stalledMs)} nothing that was sent to a channel reached anyone, while ${stayed} of its members had stopped reading and were not disconnected within ${seconds(stay.passedMs)}; until then ${others}.`
      return failure('stuck', 'who reads on', story, figures)
    }
    case 'undecided':
      return { outcome: 'inconclusive', reason: `${who}, but ${others}: less than the 16 MiB after which they have to go.`, figures }
  }
}

interface StayLook extends Stay {
  readonly end: 'evicted' | StayEnd
}

/** Until the server lets go of all of them, or the time that the contract gives it is over. */
async function waitForEviction(context: CheckContext, scene: Scene, { stopped, readers, filler }: Cast): Promise<StayLook> {
  const startMs = context.nowMs()
  const startBytes = readers.map(reader => reader.heardBytes)
  const cpu = watchCpu(scene.server, context.nowMs)
  let goneMs: number | null = null
  let heard = { bytes: 0, atMs: startMs }
  for (;;) {
    cpu.sample()
    const bytes = readers.map((reader, place) => reader.heardBytes - (startBytes[place] ?? 0))
    const total = bytes.reduce((sum, one) => sum + one, 0)
    if (total > heard.bytes) heard = { bytes: total, atMs: context.nowMs() }
    const stay: Stay = {
      passedMs: context.nowMs() - startMs,
      trafficBytes: Math.max(...bytes),
      stalledMs: Math.max(0, context.nowMs() - heard.atMs - ASKED_AGAIN_MS),
      serverCpuShare: cpu.shareOverLast(IDLE_MS),
    }
    filler.pace(needsTraffic(stay.trafficBytes) ? FILL_PER_SECOND : TRICKLE_PER_SECOND)
    const held = heldPorts(scene.server)
    if (goneMs === null && held !== null && stopped.every(reader => !held.has(reader.client.localPort))) {
      goneMs = stay.passedMs
      context.progress(`disconnected after ${seconds(goneMs, 1)}`)
    }
    if (goneMs !== null && stay.passedMs >= LEAST_MS) return { ...stay, passedMs: goneMs, end: 'evicted' }
    const end = goneMs === null ? endOfStay(stay) : null
    if (end !== null) return { ...stay, end }
    await context.patience.pause(LOOK_MS, scene.server)
  }
}

function seconds(ms: number, digits = 0): string {
  return `${(ms / 1000).toFixed(digits)} s`
}

/** Reads what is left for them, and finds out who is still connected: a stopped reader does not see its own end. */
async function stillConnected(context: CheckContext, scene: Scene, stopped: readonly Actor[]): Promise<Actor[]> {
  for (const reader of stopped) {
    reader.discard()
    reader.client.resume()
  }
  await context.patience.within(CLOSE_SEEN_MS, () => stopped.every(reader => reader.isClosed), scene.server)
  return stopped.filter(reader => !reader.isClosed)
}
