import type { Actor } from '../actor.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { type Filler, startFiller } from '../filler.ts'
import { completionsMs, quantile, sendAtPace, watchOwnDelay } from '../pace.ts'
import type { Scene } from '../scene.ts'

const READERS = 36
const SENDERS = 4
/** Together with 36 who read, a tenth of the channel. */
const TENTH = 4
const MANY = 40
const TALK_PER_SECOND = 40
const FILLER_PER_SECOND = 90
const BASELINE_SECONDS = 2.5
const STOPPED_SECONDS = 5
const QUICK_STOPPED_SECONDS = 3.5
/** In full: long and hard enough for queues of tens of megabytes to fill, and for whatever a server does to the readers then. */
const LONG_SECONDS = 15
const LONG_FILLER_PER_SECOND = 300
/** Each sends half of that: a server may limit what one user sends to 200 a second. */
const FILLER_SENDERS = 2
/** The contract's: 3× of what it was, and a difference below 50 ms never counts. */
const FACTOR = 3
const HARMLESS_MS = 50
/** What has not come by then is waited for in silence. */
const SETTLED_MS = 5000
/** So many of those who stopped later have names, which others claim while nothing can be written to them: they come from a dead connection. */
const NAMED = 4
/** So many others of those who stopped later go on for so long, and find whole messages, whatever their sockets had been too full for. */
const RESUMED = 8
const RESUMED_MS = 1000
/** Two of three decide. */
const LOOKS = 3

interface Act {
  readonly name: string
  readonly p99Ms: number
  /** The longest that our own loop was late meanwhile. */
  readonly ownMs: number
}

export const slowReaderIsolation: Check = {
  id: 's2.isolation',
  stage: '2',
  title: "Readers who have stopped do not slow the others' deliveries down.",
  provokes:
    'In a channel of 40, a tenth of the readers stop reading; then 40 more stop at once. Their sockets are filled with 16 KiB bodies while the rest talk 40 times a second, and the p99 of the others is compared with that before; where names are taken over, so is that while others claim the names of some. In full it goes on, three times as fast to the first of them, for 15 s more.',
  needs: [],
  server: 'fresh',
  budgetMs: 180_000,
  async run(context) {
    // A late moment may be the machine's: only what comes again, on a fresh server too, is the candidate's.
    let finding = await tryOnce(context, context.scene())
    let unfailed = finding
    let failures = finding.outcome === 'fail' ? 1 : 0
    for (let look = 2; look <= LOOKS && (failures > 0 || finding.outcome !== 'pass'); look++) {
      context.progress(`look ${look} of ${LOOKS}`)
      finding = await tryOnce(context, context.scene(await context.startServer()))
      if (finding.outcome !== 'fail') unfailed = finding
      else if (++failures === 2) return finding
    }
    return unfailed
  },
}

async function tryOnce(context: CheckContext, scene: Scene): Promise<CheckFinding> {
  const stage = await setUp(context, scene)
  const fillers = stage.fills.map(({ senders, channel }) => startFiller(context, senders, channel, () => scene.freshBody()))
  try {
    return await play(context, scene, stage, fillers)
  } finally {
    for (const filler of fillers) filler.stop()
  }
}

interface Stage {
  readonly talk: string
  readonly readers: readonly Actor[]
  readonly tenth: readonly Actor[]
  readonly many: readonly Actor[]
  /** Where a name is taken over, who will claim those of the first of the many, and what they are. */
  readonly heirs: readonly { readonly actor: Actor; readonly name: string }[]
  /** Each group that will stop has a channel of its own, through which its sockets are filled. */
  readonly fills: readonly { readonly senders: readonly Actor[]; readonly channel: string }[]
}

async function setUp(context: CheckContext, scene: Scene): Promise<Stage> {
  const talk = scene.freshChannel('talk')
  const readers = await scene.openMany(READERS, 'reader')
  const tenth = await scene.openMany(TENTH, 'stopped')
  const many = await scene.openMany(MANY, 'stopped later')
  await scene.enterAll([...tenth, ...readers, ...many], [talk])
  const fills = []
  for (const group of [tenth, many]) {
    const [senders, channel] = [await scene.openMany(FILLER_SENDERS, 'filler'), scene.freshChannel('fill')]
    await scene.enterAll([...senders, ...group], [channel])
    fills.push({ senders, channel })
  }
  return { talk, readers, tenth, many, heirs: await nameSome(context, scene, many), fills }
}

async function nameSome({ usernames }: CheckContext, scene: Scene, many: readonly Actor[]): Promise<Stage['heirs']> {
  if (usernames !== 'replace') return []
  const heirs = (await scene.openMany(NAMED, 'heir')).map(actor => ({ actor, name: scene.freshChannel('name') }))
  for (const [place, { name }] of heirs.entries()) many[place]?.hello(name)
  await allWelcome(scene, many.slice(0, NAMED))
  return heirs
}

async function allWelcome(scene: Scene, actors: readonly Actor[]): Promise<void> {
  const isAnswered = (actor: Actor): boolean => actor.welcomed > 0 || actor.isClosed
  await scene.until(() => actors.every(isAnswered), actors[0], 'Expected a hello to be answered')
}

async function play(context: CheckContext, scene: Scene, stage: Stage, fillers: readonly Filler[]): Promise<CheckFinding> {
  const seconds = context.quick ? QUICK_STOPPED_SECONDS : STOPPED_SECONDS
  const [toTenth, toMany] = fillers
  // Warm, then with the traffic that goes on later, while everybody reads.
  toTenth?.pace(FILLER_PER_SECOND)
  await talkFor(context, scene, stage, fillers, 'warm-up', 1)
  const before = await talkFor(context, scene, stage, fillers, 'before', BASELINE_SECONDS)
  for (const reader of stage.tenth) reader.stopReading()
  const tenth = await talkFor(context, scene, stage, fillers, `${TENTH} stopped`, seconds)
  for (const reader of stage.many) reader.stopReading()
  toMany?.pace(FILLER_PER_SECOND)
  const many = await talkFor(context, scene, stage, fillers, `${MANY} more stopped`, seconds)
  toMany?.pace(0)
  const beside = allowedMs(context, before)
  const acts: JudgedAct[] = [
    { ...tenth, figure: 'p99MsTenthStopped', allowedMs: beside },
    { ...many, figure: 'p99MsManyStopped', allowedMs: beside },
  ]
  if (stage.heirs.length > 0) {
    for (const { actor, name } of stage.heirs) actor.hello(name)
    const claimed = await talkFor(context, scene, stage, fillers, `${NAMED} of those who stopped replaced`, BASELINE_SECONDS)
    acts.push({ ...claimed, figure: 'p99MsNamesClaimed', allowedMs: beside })
    await allWelcome(
      scene,
      stage.heirs.map(({ actor }) => actor),
    )
  }
  const resumed = stage.many.slice(NAMED, NAMED + RESUMED)
  for (const reader of resumed) {
    reader.discard()
    reader.client.resume()
  }
  await context.patience.pause(RESUMED_MS, scene.server)
  if (!context.quick) {
    toTenth?.pace(LONG_FILLER_PER_SECOND)
    // What was filled faster than before may cost more than before, within the SLA.
    const long = await talkFor(context, scene, stage, fillers, `${TENTH + MANY} stopped for long`, LONG_SECONDS)
    acts.push({ ...long, figure: 'p99MsLongStopped', allowedMs: context.slaMs })
  }
  for (const filler of fillers) filler.pace(0)
  await scene.quiet()
  return judge(context, before, acts)
}

function allowedMs({ slaMs }: CheckContext, before: Act): number {
  return Math.min(slaMs, Math.max(before.p99Ms * FACTOR, before.p99Ms + HARMLESS_MS))
}

/** Everyone's turn to talk; and what it took to reach all who read, lost messages being for the delivery rule. */
async function talkFor(
  context: CheckContext,
  scene: Scene,
  stage: Stage,
  fillers: readonly Filler[],
  name: string,
  seconds: number,
): Promise<Act> {
  context.progress(name)
  const readers = new Set(stage.readers.map(({ index }) => index))
  const delay = watchOwnDelay()
  const pace = { perSecond: TALK_PER_SECOND, count: Math.round(seconds * TALK_PER_SECOND) }
  const due = await sendAtPace(
    context.patience,
    scene.server,
    context.nowMs,
    pace,
    place => stage.readers[place % SENDERS]?.send(stage.talk) ?? null,
  )
  await settleBeside(context, scene, fillers)
  const ownMs = delay.maxMs()
  delay.stop()
  return {
    name,
    ownMs,
    p99Ms: quantile(
      completionsMs(scene.recorder, due, client => readers.has(client)),
      0.99,
    ),
  }
}

/** While there is traffic, a message that is lost would be waited for until the check's time is up. */
async function settleBeside(context: CheckContext, scene: Scene, fillers: readonly Filler[]): Promise<void> {
  if (await context.patience.within(SETTLED_MS, () => scene.pending.total === 0, scene.server)) return
  const goOn = fillers.map(filler => filler.rest())
  await scene.settle()
  for (const resume of goOn) resume()
}

interface JudgedAct extends Act {
  readonly figure: string
  readonly allowedMs: number
}

function judge(context: CheckContext, before: Act, acts: readonly JudgedAct[]): CheckFinding {
  const figures: Record<string, number> = { p99MsBefore: before.p99Ms }
  for (const act of acts) figures[act.figure] = act.p99Ms
  const worst = acts.reduce((most, act) => (act.p99Ms - act.allowedMs > most.p99Ms - most.allowedMs ? act : most))
  const text = `With ${worst.name}, the others' p99 completion was ${worst.p99Ms.toFixed(0)} ms; before, it was ${before.p99Ms.toFixed(0)} ms (allowed: ${worst.allowedMs.toFixed(0)} ms)`
  if (worst.p99Ms <= worst.allowedMs) return { outcome: 'pass', reason: `${text}.`, figures }
  const isBusy = before.p99Ms > context.slaMs
  if (isBusy || worst.p99Ms - worst.ownMs <= worst.allowedMs) {
    const why = isBusy
      ? 'too slow before anybody stopped'
      : `generator saturated: Assay's own loop was late by up to ${worst.ownMs.toFixed(0)} ms`
    return { outcome: 'inconclusive', reason: `${text}; ${why}.`, figures }
  }
  const lanes = ['who stopped reading', 'who reads on']
  const events = [
    { lane: lanes[0] ?? '', atMs: 0, kind: 'note' as const, text: `${worst.name} reading` },
    {
      lane: lanes[1] ?? '',
      atMs: worst.p99Ms,
      kind: 'wrong' as const,
      text: `reads a message ${worst.p99Ms.toFixed(0)} ms after it was due`,
    },
  ]
  return { outcome: 'fail', reason: `${text}.`, figures, evidence: [{ kind: 'late', text: `${text}.`, lanes, events, occurrences: 1 }] }
}
