/** Which samples stand in as controls: for each race check and language, one that has the race and one that is right. */
import { join } from 'node:path'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'

const RACY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  's1.race.first-join': {
    java: 'java/check-then-put',
    go: 'go/check-then-put',
    python: 'python/check-then-put',
    typescript: 'typescript/check-then-put',
    javascript: 'typescript/check-then-put',
    rust: 'rust/check-then-put',
    cpp: 'cpp/check-then-put',
  },
  's1.race.join-order': {
    java: 'java/deadlock-lock-order',
    go: 'go/deadlock-lock-order',
    python: 'python/deadlock-lock-order',
    rust: 'rust/deadlock-lock-order',
    cpp: 'cpp/deadlock-lock-order',
  },
  's1.race.same-connection': {
    java: 'java/channel-list-overwritten',
    go: 'go/channel-list-overwritten',
    python: 'python/channel-list-overwritten',
    typescript: 'typescript/channel-list-overwritten',
    javascript: 'typescript/channel-list-overwritten',
    rust: 'rust/channel-list-overwritten',
    cpp: 'cpp/channel-list-overwritten',
  },
  's1.race.join-while-sending': {
    java: 'java/iterate-while-mutating',
    python: 'python/iterate-while-mutating',
    cpp: 'cpp/iterate-while-mutating',
  },
  's1.race.churn': {
    java: 'java/get-after-compute-if-absent',
    go: 'go/joins-removed-channel',
    python: 'python/joins-removed-channel',
    rust: 'rust/joins-removed-channel',
    cpp: 'cpp/joins-removed-channel',
  },
  's1.race.takeover': {
    rust: 'rust/takeover-check-then-put',
  },
}

const RIGHT: Readonly<Record<string, string>> = {
  java: 'java/right',
  go: 'go/right',
  python: 'python/right',
  typescript: 'typescript/right',
  javascript: 'typescript/right',
  rust: 'rust/right',
  cpp: 'cpp/right',
}

export interface Controls {
  /** The racy sample's name, and both samples' folders. */
  readonly name: string
  readonly racy: string
  readonly right: string
}

/** `undefined` where the language has no control for the check. */
export function controlsOf(checkId: string, language: string): Controls | undefined {
  const racy = RACY[checkId]?.[language]
  const right = RIGHT[language]
  if (racy === undefined || right === undefined) return undefined
  const samples = join(ASSAY_ROOT, 'candidates', 'samples', 'chat')
  return { name: racy, racy: join(samples, racy), right: join(samples, right) }
}

export const CONTROLLED_LANGUAGES: readonly string[] = Object.keys(RIGHT)
