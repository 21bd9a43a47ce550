/** Claims of a user name, and what each policy makes of them. */
import type { CheckEvidence } from '../record/check-record.ts'
import type { EvidenceEvent } from '../record/run-record.ts'
import type { Actor } from './actor.ts'
import type { CheckContext, CheckFinding } from './check.ts'
import type { Scene } from './scene.ts'

const SETTLED_MS = 10_000

/** What is wrong with how a claim ended, or `null`. */
export interface ClaimFault {
  readonly text: string
  readonly events: readonly EvidenceEvent[]
}

/** One more connection says hello with a name that `before` claimed already, in that order. */
export async function claim(
  context: CheckContext,
  scene: Scene,
  claimant: Actor,
  before: readonly Actor[],
  name: string,
): Promise<ClaimFault | null> {
  const policy = context.usernames ?? 'allow'
  const holders = before.filter(actor => actor.isOpen)
  if (policy === 'replace') for (const holder of holders) holder.mayBeClosed('replaced by a newer connection of the same name')
  if (policy === 'refuse' && holders.length > 0) claimant.mayBeClosed('its name was taken')
  claimant.hello(name)
  const isAnswered = (): boolean => claimant.welcomed > 0 || claimant.refusals > 0 || claimant.isClosed
  if (!(await context.patience.within(SETTLED_MS, isAnswered, scene.server)))
    return fault(claimant, name, 'gets no answer to its hello within 10 s')
  switch (policy) {
    case 'allow':
      return claimant.welcomed > 0 ? null : fault(claimant, name, 'is not welcomed, though the policy is `allow`')
    case 'refuse':
      return holders.length === 0 ? welcomed(claimant, name) : refused(claimant, name, holders)
    case 'replace': {
      if (claimant.welcomed === 0) return fault(claimant, name, 'is not welcomed, though the policy is `replace`')
      const areGone = (): boolean => holders.every(holder => holder.isClosed)
      if (await context.patience.within(SETTLED_MS, areGone, scene.server)) return null
      const left = holders.find(holder => !holder.isClosed) ?? claimant
      return fault(
        left,
        name,
        `is still open 10 s after ${claimant.name} was welcomed with the same name, though the policy is \`replace\``,
      )
    }
  }
}

export function misbehaviour(wrong: ClaimFault | null): CheckFinding | null {
  if (wrong === null) return null
  const lanes = [...new Set(wrong.events.map(event => event.lane))]
  const evidence: CheckEvidence = { kind: 'dropped', text: wrong.text, lanes, events: [...wrong.events], occurrences: 1 }
  return { outcome: 'fail', reason: wrong.text, evidence: [evidence] }
}

function welcomed(claimant: Actor, name: string): ClaimFault | null {
  return claimant.welcomed > 0 ? null : fault(claimant, name, 'is not welcomed, though nobody else has the name')
}

function refused(claimant: Actor, name: string, holders: readonly Actor[]): ClaimFault | null {
  if (claimant.welcomed > 0)
    return fault(claimant, name, `is welcomed, though ${holders[0]?.name ?? 'another'} has the name and the policy is \`refuse\``)
  // It keeps neither the name nor, for the check, a place.
  claimant.close()
  return null
}

function fault(lane: Actor, name: string, what: string): ClaimFault {
  const text = `${lane.name} ${what}.`
  return {
    text,
    events: [
      { lane: lane.name, atMs: null, kind: 'note', text: `says hello as ${JSON.stringify(name)}` },
      { lane: lane.name, atMs: null, kind: 'wrong', text: what },
    ],
  }
}
