/** What a scorecard shows beside the record: the difference from the starter, prompts from the source, AI-USE.md, the interview. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listCandidateFiles } from '../candidate/candidate-files.ts'
import type { ManifestTarget, Target } from '../candidate/find-candidate.ts'
import { calibrationSummary } from '../examine/calibration-summary.ts'
import { CHECKS } from '../examine/check-list.ts'
import { promptsFromSource } from '../judge/source-prompts.ts'
import { changedFiles } from '../../reports/scorecard/changed-files.ts'
import type { ScorecardOptions } from '../../reports/scorecard/scorecard-options.ts'
import { interviewOf, readInterview } from './interview-file.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const STARTERS = join(PACKAGE_ROOT, 'candidates', 'starters')
const AI_USE = 'AI-USE.md'
/** More is no source that a person wrote for this task. */
const MAX_FILES = 300
const MAX_FILE_BYTES = 256 * 1024
/** What building leaves in a folder, and what packages bring. */
const NOT_SOURCE = /(^|\/)(node_modules|target|build|out|dist|\.cache|__pycache__)(\/|$)/

type Reader = Pick<ScorecardOptions, 'audience' | 'anonymous' | 'rubric'>

export async function scorecardOptions(target: Target, { rubric, audience, anonymous }: Reader): Promise<ScorecardOptions> {
  if (target.kind === 'url') return { rubric, audience, anonymous }
  const own = await textsOverStarter(target)
  const starterFolder = starterOf(target, own)
  const starter = starterFolder === undefined ? new Map<string, string>() : await textsIn(starterFolder)
  const changed = starterFolder === undefined ? [] : changedFiles(starter, own, target.baseFolders.length === 0)
  const written =
    starterFolder === undefined ? [...own] : changed.flatMap(({ path, after }) => (after === null ? [] : [[path, after] as const]))
  const interview = readInterview(target.folder)
  return {
    rubric,
    audience,
    anonymous: anonymous || interview?.anonymous === true,
    interview: interview === null ? null : interviewOf(interview, new Date()),
    starterDiff: changed.filter(({ path }) => path !== AI_USE),
    sourcePrompts: promptsFromSource(written.map(([path, text]) => ({ path, text }))),
    calibration: await calibrationOf(target),
    aiUse: own.get(AI_USE) ?? null,
    aiUseStarter: starter.get(AI_USE) ?? null,
  }
}

/** Only chat has controls. */
async function calibrationOf({ manifest }: ManifestTarget): Promise<string | null> {
  return manifest.exercise === 'chat' ? await calibrationSummary(CHECKS, manifest.language) : null
}

/** What lies over the lowest base, which is the starter: of a sample over another sample, both. */
async function textsOverStarter({ baseFolders, folder }: ManifestTarget): Promise<Map<string, string>> {
  const layers = await Promise.all([...baseFolders.slice(1), folder].map(textsIn))
  return new Map(layers.flatMap(texts => [...texts]))
}

/** The lowest base of a sample; else the starter of the same language that shares a file with the hand-in beside what every starter has. */
function starterOf(target: ManifestTarget, own: ReadonlyMap<string, string>): string | undefined {
  const lowest = target.baseFolders[0]
  if (lowest !== undefined) return lowest
  const { language, exercise } = target.manifest
  if (!/^[a-z]+$/.test(language)) return undefined
  const name = language === 'javascript' ? 'typescript' : language
  const asyncio = language === 'python' && [...own.values()].some(text => /^\s*import asyncio/m.test(text))
  const folder = join(STARTERS, exercise === 'kv' ? `kv-${name}` : asyncio ? 'python-asyncio' : name)
  return existsSync(folder) && own.has(AI_USE) ? folder : undefined
}

async function textsIn(folder: string): Promise<Map<string, string>> {
  const { entries } = await listCandidateFiles(folder)
  const files = entries.filter(({ kind, bytes, path }) => kind === 'file' && bytes <= MAX_FILE_BYTES && !NOT_SOURCE.test(path))
  const texts = new Map<string, string>()
  for (const { path } of files.slice(0, MAX_FILES)) {
    const text = readText(join(folder, path))
    if (text !== undefined && !text.includes('\0')) texts.set(path, text)
  }
  return texts
}

/** `undefined` where it cannot be read: a scorecard is drawn all the same. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
