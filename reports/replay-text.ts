/** What `assay replay` found, for a terminal: how small the race got, how often it shows, who asks for what, and the picture of it. */
import type { RaceRecipe, RecipeAct, RecipeRequest } from '../harness/record/race-recipe.ts'
import type { ReplayRecord } from '../harness/record/replay-record.ts'
import { evidenceLines } from './text/evidence-lines.ts'
import { formatDuration, formatPlural } from './text/number-format.ts'
import { quoteForShell } from './text/quote-for-shell.ts'
import { stackLines } from './text/stack-lines.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { terminalStyle, type TerminalOptions, type TerminalStyle } from './text/terminal-style.ts'
import { truncated } from './text/truncated.ts'
import { wrapped } from './text/wrapped.ts'

const MAX_STEPS = 16
const MAX_NAMED = 4

/** `recordPath`: where the record is kept, for the command that plays it once more. Ends with a line end. */
export function renderReplayText(record: ReplayRecord, options: TerminalOptions, recordPath: string): string {
  const style = terminalStyle(options)
  const lines = [
    `${record.hits > 0 ? style.outcome('fail') : style.paint('– NOT SEEN', 'bold')}  ${style.paint(record.checkId, 'bold')}  ${truncated(plainLine(record.candidate), 60)}`,
    ...[sizeSentence(record), hitSentence(record)].flatMap(sentence => wrapped(sentence, style.width)),
    ...(record.interleaving.profile === 'plain' ? [] : wrapped(`Played under: ${record.interleaving.profile}.`, style.width)),
    '',
    ...stepLines(record.interleaving.recipe, style),
    ...(record.evidence.length === 0 ? [] : ['']),
    ...evidenceLines({ evidence: record.evidence, reason: '' }, style),
    ...stackLines(record.stacks, style),
    '',
    'Again:',
    `  assay replay ${quoteForShell(recordPath)}`,
  ]
  return `${lines.join('\n')}\n`
}

/** E.g. "Shows in 9 of 10 tries, within 3 s." */
function hitSentence({ hits, tries, tryMs, withinSeconds }: ReplayRecord): string {
  const limit = formatDuration(tryMs)
  if (hits === 0) {
    return `It did not show in ${formatPlural(tries, 'try', 'tries')} of ${limit} each. That does not show that it is gone, as a race is luck: where nothing was mended, play it again; where something was, examine the server anew.`
  }
  const within =
    withinSeconds === null ? '' : `, within ${withinSeconds < 1 ? formatDuration(withinSeconds * 1000) : `${Math.ceil(withinSeconds)} s`}`
  return `Shows in ${hits} of ${tries} tries${within}.`
}

function sizeSentence({ given, smallest, hits }: ReplayRecord): string {
  const words = ({ connections, channels, requests }: ReplayRecord['given']): string =>
    `${formatPlural(connections, 'connection')}, ${formatPlural(channels, 'channel')}, ${formatPlural(requests, 'request')}`
  if (hits === 0) return `${words(given)}, as in the evidence.`
  const isSame = words(given) === words(smallest)
  return isSame ? `${words(given)}; nothing could be left out.` : `${words(smallest)}, of ${words(given)}.`
}

/** The batch in words: who is there, what is released and how, who speaks afterwards. */
function stepLines(recipe: RaceRecipe, style: TerminalStyle): string[] {
  const nameOf = (at: number): string => recipe.connections[at]?.name ?? ''
  const holding = recipe.connections.flatMap(({ name, holds }) => (holds.length === 0 ? [] : [`${name} is in ${channelList(holds)}`]))
  const stalled = recipe.pressure === null ? [] : [pressureStep(recipe, nameOf)]
  const together = recipe.release === 'freeze' ? 'At once, when the frozen server goes on:' : 'At once, in one burst:'
  const acts = recipe.acts.map(
    (act, at) => `${at < recipe.together || act.after === 'nothing' ? '' : 'a moment later, '}${actText(act, nameOf(act.connection))}`,
  )
  const released = [recipe.together > 0 ? together : 'One right after the other:', ...acts.slice(0, MAX_STEPS).map(text => `  ${text}`)]
  const more = acts.length > MAX_STEPS ? [`  and ${acts.length - MAX_STEPS} more`] : []
  const roll = recipe.roll
    .slice(0, MAX_NAMED)
    .map(({ channel, speaker }) => `${nameOf(speaker)} sends a message to ${channelName(channel)}`)
  const steps = [
    ...holding.slice(0, MAX_STEPS),
    ...stalled,
    ...released,
    ...more,
    'Then, when all is acknowledged:',
    ...roll.map(text => `  ${text}`),
  ]
  return steps.map(step => {
    const text = truncated(plainLine(step), style.width - 2)
    return step.startsWith('  ') ? `  ${text}` : style.paint(text, 'dim')
  })
}

function pressureStep({ pressure }: RaceRecipe, nameOf: (at: number) => string): string {
  if (pressure === null) return ''
  const end = pressure.letGo === 'resume' ? 'reads on' : 'resets its connection'
  return `${nameOf(pressure.stalled)} stops reading while ${nameOf(pressure.sender)} sends, until the fan-out waits for it; afterwards it ${end}`
}

function actText({ do: what, requests }: RecipeAct, name: string): string {
  switch (what) {
    case 'ask':
      return `${name} ${requests.slice(0, MAX_NAMED).map(requestText).join(', then ')}${requests.length > MAX_NAMED ? `, and ${requests.length - MAX_NAMED} more` : ''}`
    case 'connect':
      return `${name} connects`
    case 'close':
      return `${name} closes`
    case 'reset':
      return `${name} resets its connection`
  }
}

function requestText(request: RecipeRequest): string {
  return 'join' in request ? `asks to join ${channelList(request.join)}` : `sends to ${channelName(request.send)}`
}

function channelList(channels: readonly number[]): string {
  const named = channels.slice(0, MAX_NAMED).map(channelName).join(', ')
  return channels.length > MAX_NAMED ? `${named} and ${channels.length - MAX_NAMED} more` : named
}

function channelName(channel: number): string {
  return `channel ${channel + 1}`
}
