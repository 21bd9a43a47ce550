import type { Target } from '../candidate/find-candidate.ts'
import { CHAT } from './chat-exercise.ts'
import type { Exercise } from './exercise.ts'
import { KV } from './kv/kv-exercise.ts'

export const EXERCISES: readonly Exercise[] = [CHAT, KV]

/** What the manifest says; a server that runs already is known by its scheme. */
export function exerciseOf(target: Target): Exercise {
  const isKv = target.kind === 'manifest' ? target.manifest.exercise === 'kv' : target.transport === 'http'
  return isKv ? KV : CHAT
}
