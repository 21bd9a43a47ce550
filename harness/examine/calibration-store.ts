/** Where a machine's calibration is remembered: one small file a language, check and profile in the user's cache folder. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { cpus, homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { checkPowerSchema } from '../record/check-record.ts'
import { PLAIN } from './amplifiers.ts'
import type { MeasuredControl } from './check.ts'

/** Changes when a provocation changes, so that old answers are not taken for new ones. */
const CALIBRATION_VERSION = 4

const storedSchema = z.object({
  version: z.literal(CALIBRATION_VERSION),
  machine: z.string(),
  answer: checkPowerSchema.shape.control.unwrap(),
})

/** `undefined` where none is remembered, or it is another machine's or another version's. */
export async function readCalibration(checkId: string, language: string, profile: string): Promise<MeasuredControl | undefined> {
  const text = await readFile(fileOf(checkId, language, profile), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = storedSchema.safeParse(parseJson(text))
  return parsed.success && parsed.data.machine === machine() ? parsed.data.answer : undefined
}

export async function writeCalibration(checkId: string, language: string, profile: string, answer: MeasuredControl): Promise<void> {
  const file = fileOf(checkId, language, profile)
  await mkdir(folder(), { recursive: true })
  // Renamed into place, so that a reader never sees half of it.
  await writeFile(`${file}.${process.pid}`, JSON.stringify({ version: CALIBRATION_VERSION, machine: machine(), answer }, null, 2))
  await rename(`${file}.${process.pid}`, file)
}

function fileOf(checkId: string, language: string, profile: string): string {
  const words = [language, checkId, ...(profile === PLAIN ? [] : [profile])].map(word => word.replaceAll(/[^a-z0-9.-]/gi, '_'))
  return join(folder(), `${words.join('.')}.json`)
}

function folder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'assay', 'calibration')
}

function machine(): string {
  const all = cpus()
  return `${all[0]?.model ?? 'unknown'} x ${all.length}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
