/** What ran out in a step that missed its thresholds, by the figures that can be seen from outside. */
import type { Exhausted } from '../record/capacity-record.ts'
import type { RunRecord } from '../record/run-record.ts'

/** A server of one thread ends at one core; this much of a core, over the whole hold, is all of it. */
const BUSY_SERVER_CPU = 0.88
/** Server and generator together have the machine's cores, less what the rest of it needs. */
const BUSY_MACHINE_SHARE = 0.9
const MEMORY_BYTES = 2 * 1024 ** 3
const DESCRIPTOR_SHARE = 0.97

export interface Surroundings {
  readonly cores: number
  /** Open files that the server may have; infinite where that is not known. */
  readonly descriptorLimit: number
  /** False for a server on another machine. */
  readonly isLocal: boolean
  /** Cores that programs other than the server and Assay took, where that was in the way; else 0. */
  readonly disturbedBy: number
}

export function whatRanOut(
  record: RunRecord,
  { cores, descriptorLimit, isLocal, disturbedBy }: Surroundings,
): { what: Exhausted; text: string } {
  const { generator, server } = record.summary
  const serverCpu = medianServerCpu(record)
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
  if (server !== null && server.rssBytesMax > MEMORY_BYTES) {
    return { what: 'memory', text: `The server held ${(server.rssBytesMax / 1024 ** 3).toFixed(1)} GiB.` }
  }
  if (server !== null && server.fdsMax >= descriptorLimit * DESCRIPTOR_SHARE) {
    return { what: 'descriptors', text: `The server had ${server.fdsMax} of ${descriptorLimit} descriptors open.` }
  }
  if (disturbedBy > 0) {
    return {
      what: 'other programs',
      text: `Other programs on this machine took ${disturbedBy.toFixed(1)} of its ${cores} cores meanwhile.`,
    }
  }
  if (isNetworkDoubted(record)) {
    const rtt = record.candidate.networkRttMs ?? 0
    return { what: 'network', text: `A round trip to the server takes ${rtt.toFixed(1)} ms, and that alone could explain what was missed.` }
  }
  if (record.summary.verdict === 'inconclusive' || generator.missed > 0) {
    return {
      what: 'generator',
      text: `Assay itself could offer no more: ${generator.saturation[0] ?? 'its own lag could explain what was missed'}`,
    }
  }
  if (serverCpu !== null && serverCpu >= BUSY_SERVER_CPU) {
    return { what: 'server CPU', text: `The server used ${percent(serverCpu)} of a core (median over the step; ${cores} cores in all).` }
  }
  // Where it is not known, it is not counted.
  const ownCpu = (generator.cpu ?? 0) * generator.workers
  if (serverCpu !== null && serverCpu + ownCpu >= cores * BUSY_MACHINE_SHARE) {
    const own = generator.cpu === null ? 'an unknown share' : percent(ownCpu)
    const text = `The machine was full: the server used ${percent(serverCpu)} of a core and Assay ${own}.`
    return { what: ownCpu > serverCpu ? 'generator' : 'server CPU', text }
  }
  if (!isLocal)
    return { what: 'network', text: `Neither side seems busy; what is between them, or the server's machine, has no more to give.` }
  return {
    what: 'unknown',
    text: `The server used ${serverCpu === null ? 'an unknown share' : percent(serverCpu)} of a core: it waits, or limits itself.`,
  }
}

function isNetworkDoubted({ summary, thresholds }: RunRecord): boolean {
  return summary.verdict === 'inconclusive' && !summary.generator.saturated && thresholds.some(({ doubt }) => doubt === 'network')
}

/** Over the measured phases, as a share of one core. */
export function medianServerCpu({ serverSamples, phases }: RunRecord): number | null {
  const measured = phases.filter(phase => phase.measured)
  const samples = serverSamples
    .filter(({ atMs }) => measured.some(phase => atMs > phase.startMs && atMs <= phase.endMs))
    .map(({ cpu }) => cpu)
  if (samples.length === 0) return null
  return samples.sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? null
}
