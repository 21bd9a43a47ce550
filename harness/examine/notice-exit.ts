import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { accepts } from '../candidate/wait-until-listening.ts'

const EXIT_NOTICE_MS = 1000
/** Where nothing listens any more, an end is under way: a busy machine may take this long to bury a process. */
const BURIAL_MS = 10_000

/** A dying server's sockets close before its exit is noticed; after this it is known whether it was a crash. Takes 1 s if it lives. */
export async function noticeExit(server: RunningCandidate): Promise<void> {
  if (server.hasExited() !== null || (await endsWithin(EXIT_NOTICE_MS, server))) return
  await noticeSilence(server)
}

/** The same at a glance, which costs a server that lives a connection and no time: an end that is not yet under way is not noticed. */
export async function noticeSilence(server: RunningCandidate): Promise<void> {
  const isOurs = server.containment !== undefined
  if (server.hasExited() === null && isOurs && !(await accepts(server.host, server.port))) await endsWithin(BURIAL_MS, server)
}

async function endsWithin(ms: number, server: RunningCandidate): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const time = new Promise<false>(resolve => (timer = setTimeout(resolve, ms, false)))
  const isOver = await Promise.race([server.exited.then(() => true), time])
  clearTimeout(timer)
  return isOver
}
