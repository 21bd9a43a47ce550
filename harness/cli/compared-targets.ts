/** Whom a page of comparison shows: kept beside it as comparison.json, so that the page goes when one of them is to be forgotten. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { saveFile } from './run-files.ts'

const FILE = 'comparison.json'
const schema = z.object({ kind: z.literal('assay-comparison'), targets: z.array(z.string()) })

/** `targets`: each as the user named it. */
export function saveComparedTargets(folder: string, targets: readonly string[]): void {
  saveFile(join(folder, FILE), `${JSON.stringify({ kind: 'assay-comparison', targets: [...new Set(targets)] })}\n`)
}

/** None where the folder holds no comparison. */
export function comparedTargetsIn(folder: string): readonly string[] {
  try {
    return schema.parse(JSON.parse(readFileSync(join(folder, FILE), 'utf8'))).targets
  } catch {
    return []
  }
}
