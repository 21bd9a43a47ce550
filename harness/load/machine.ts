/** The machine that a run was made on, as its record names it. */
import { arch, cpus, release, totalmem, type as systemType } from 'node:os'
import type { RunRecord } from '../record/run-record.ts'

export function describeMachine(): RunRecord['machine'] {
  const processors = cpus()
  return {
    os: `${systemType()} ${release()} ${arch()}`,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    node: process.version,
  }
}
