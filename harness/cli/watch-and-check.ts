/** `assay check --watch`: examines after each save; a save in the middle of an examination ends it and begins the next. */
import { resolve } from 'node:path'
import { MisuseError } from '../candidate/fault.ts'
import { type CheckSettings, onceOptions, show } from './check-all.ts'
import { checkOnce } from './check-once.ts'
import type { NamedTarget } from './check-targets.ts'
import { findNamed } from './examinable-targets.ts'
import { EXIT } from './exit-code.ts'
import { watchFolder } from './watch-folder.ts'

/** Goes on until it is interrupted. */
export async function watchAndCheck(settings: CheckSettings): Promise<number> {
  let [named] = settings.named
  while (named !== undefined && !settings.signal.aborted) {
    if (named.target.kind !== 'manifest') throw new MisuseError('Expected a folder to --watch, got a server that runs already.')
    const folder = watchFolder(named.target.folder, settings.flags.out === undefined ? undefined : resolve(settings.flags.out))
    try {
      await checkUntilChange(settings, named, folder.changed)
      if (!folder.changed.aborted && !settings.signal.aborted)
        process.stderr.write(`\nWaiting for a save in ${named.target.folder}. Ctrl-C ends.\n`)
      await folder.settled(settings.signal)
    } finally {
      folder.close()
    }
    process.stderr.write('\nSaved: examining again.\n')
    named = await readAgain(settings, named)
  }
  return EXIT.interrupted
}

async function checkUntilChange(settings: CheckSettings, named: NamedTarget, changed: AbortSignal): Promise<void> {
  const { flags, signal } = settings
  const isQuick = flags.quick === true || (flags.stage === undefined && flags.only === undefined)
  const finished = await checkOnce({
    ...onceOptions(settings),
    named,
    quick: isQuick,
    stage: flags.stage === undefined && flags.only === undefined ? 1 : onceOptions(settings).stage,
    failFast: true,
    place: undefined,
    signal: AbortSignal.any([signal, changed]),
  })
  if (!changed.aborted) show(finished, flags)
}

/** The manifest may have been saved half written: the last good one is kept until it can be read again. */
async function readAgain({ flags }: CheckSettings, before: NamedTarget): Promise<NamedTarget> {
  try {
    return await findNamed(before.text, flags)
  } catch (error) {
    if (!(error instanceof MisuseError)) throw error
    process.stderr.write(`${error.message}\n`)
    return before
  }
}
