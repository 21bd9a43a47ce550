/** What `assay check` was asked for on the command line. */
import type { ContainmentName } from '../candidate/contain-level.ts'

export interface CheckFlags {
  readonly stage?: string
  readonly quick?: true
  readonly only?: string
  readonly seed?: number
  readonly repeat: number
  readonly json?: true
  readonly out?: string
  readonly junit?: string
  readonly containment?: ContainmentName
  readonly buildNetwork?: true
  readonly writeManifest?: true
  readonly watch?: true
  readonly failFast?: true
  readonly for: 'interviewer' | 'candidate'
  readonly anonymous?: true
  readonly rubric?: string
  readonly pid?: number
  readonly open?: true
  readonly list?: true
  readonly expect?: true
}
