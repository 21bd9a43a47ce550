/** Whoever writes otherwise than we do is served as well: each dialect on a connection of its own, all at the same time. */
import { Buffer } from 'node:buffer'
import type { Actor, JoinRequest, JoinTicket, SendRequest } from './actor.ts'
import type { CheckFinding } from './check.ts'
import { type Dialect, DIALECTS } from './dialects.ts'
import { LossError, StuckError } from './patience.ts'
import type { Scene } from './scene.ts'

const LONG_NAME_BYTES = 64
const SHOWN_CHARACTERS = 160

interface Speaker {
  readonly dialect: Dialect
  readonly actor: Actor
  readonly channels: readonly string[]
}

/** A request that a speaker has made, and the text of it. */
interface Spoken {
  readonly speaker: Speaker
  readonly line: string
}

/** What the server did not do as it should, or `null` where it understood them all. */
export async function tryDialects(scene: Scene): Promise<CheckFinding | null> {
  const listener = await scene.open('listener to other ways of writing')
  const speakers = DIALECTS.map(dialect => ({
    dialect,
    actor: scene.connect(`writes ${dialect.name}`),
    channels: channelsFor(scene, dialect),
  }))
  await scene.opened(speakers.map(({ actor }) => actor))
  await listener.enter(speakers.map(({ channels }) => lastOf(channels)))
  return (await tryJoins(scene, speakers)) ?? (await trySends(scene, speakers, listener))
}

function channelsFor(scene: Scene, { channels = 1, suffix = '' }: Dialect): string[] {
  const names = Array.from({ length: channels }, () => scene.freshChannel('dialect'))
  return names.map(name => (channels === 1 ? name + suffix : name.padEnd(LONG_NAME_BYTES, 'x')))
}

async function tryJoins(scene: Scene, speakers: readonly Speaker[]): Promise<CheckFinding | null> {
  const asked = speakers.map(speaker => {
    const { line, tickets } = speak(speaker, { join: speaker.channels, id: speaker.dialect.joinId })
    return { speaker, line, tickets }
  })
  const error = await errorOf(async () => {
    const actors = asked.flatMap(({ speaker, tickets }) => tickets.map(() => speaker.actor))
    const tickets = asked.flatMap(one => one.tickets)
    await scene.settledAll(actors, tickets)
  })
  const wrong = asked.flatMap(({ speaker, line, tickets }) =>
    tickets.flatMap(ticket => {
      const fate = fateOfJoin(speaker.actor, ticket)
      return fate === null ? [] : [{ speaker, line, fate }]
    }),
  )
  return findingOf('join', wrong, error)
}

function fateOfJoin(actor: Actor, { record }: JoinTicket): string | null {
  if (record.refusedAtMs !== null) return 'was refused'
  if (record.doneAtMs !== null) return null
  if (actor.isClosed) return 'was answered by a close'
  if (actor.strangeIds.length > 0) return `was not acknowledged (what came is an acknowledgement of the id ${actor.strangeIds.join(', ')})`
  return actor.refusals > 0 ? 'was not acknowledged (what came is an error without its id)' : 'was not acknowledged'
}

async function trySends(scene: Scene, speakers: readonly Speaker[], listener: Actor): Promise<CheckFinding | null> {
  const { recorder } = scene
  const sent = speakers.map(speaker => {
    const message = recorder.messages.length
    const { line } = speak(speaker, { send: lastOf(speaker.channels), body: scene.freshBody() })
    return { speaker, line, message }
  })
  const error = await errorOf(async () => await scene.settle())
  const read = new Set(recorder.reads.map(({ client, message }) => `${client} ${message}`))
  const wrong = sent.flatMap(({ speaker, line, message }) => {
    const isRead = [speaker.actor, listener].every(({ index }) => read.has(`${index} ${message}`))
    if (isRead && !speaker.actor.isClosed) return []
    return [{ speaker, line, fate: speaker.actor.isClosed ? 'was answered by a close' : 'was not delivered' }]
  })
  return findingOf('send', wrong, error)
}

function speak({ dialect, actor }: Speaker, request: JoinRequest | SendRequest): { line: string; tickets: JoinTicket[] } {
  const { before, times = 1, writing } = dialect
  let line = ''
  if (before !== undefined) for (let time = 0; time < times; time++) actor.client.write(actor.client.encode(before))
  const tickets = actor.pipeline([{ ...request, writing: fields => (line = writing(fields)) }])
  return { line: before === undefined ? line : `${before} and ${line}`, tickets }
}

/** What it was waited for in vain, once it is known what that means. */
async function errorOf(wait: () => Promise<void>): Promise<StuckError | LossError | null> {
  try {
    await wait()
    return null
  } catch (error) {
    if (error instanceof StuckError || error instanceof LossError) return error
    throw error
  }
}

function findingOf(
  request: 'join' | 'send',
  wrong: readonly (Spoken & { readonly fate: string })[],
  error: Error | null,
): CheckFinding | null {
  const [first, ...others] = wrong
  if (first === undefined) {
    if (error !== null) throw error
    return null
  }
  const { speaker, line, fate } = first
  const more = others.length === 0 ? '' : ` Nor was one understood with ${others.map(other => other.speaker.dialect.name).join('; ')}.`
  return {
    outcome: 'fail',
    reason: `A ${request} with ${speaker.dialect.name} ${fate}, though the contract allows it: ${shown(line)}.${more}`,
  }
}

function shown(line: string): string {
  const bytes = Buffer.byteLength(line)
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, SHOWN_CHARACTERS)}… (${bytes.toLocaleString('en')} bytes)`
}

function lastOf(channels: readonly string[]): string {
  return channels.at(-1) ?? ''
}
