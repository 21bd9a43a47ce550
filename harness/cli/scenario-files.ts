/** Scenarios by name (those that Assay ships) or by path. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MisuseError } from '../candidate/fault.ts'
import { nearMatch } from '../scenario/near-match.ts'
import type { KvScenario } from '../scenario/kv-scenario.ts'
import { parseAnyScenario } from '../scenario/parse-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const FOLDER = join(PACKAGE_ROOT, 'scenarios')
const ENDING = '.yaml'

export function scenarioNames(): string[] {
  return readdirSync(FOLDER)
    .filter(name => name.endsWith(ENDING))
    .map(name => basename(name, ENDING))
    .sort()
}

/**
 * Reads a scenario of either exercise with `--set` overrides applied.
 * @throws MisuseError when there is no such scenario, ScenarioError when it is not valid.
 */
export function loadScenario(nameOrPath: string, overrides: readonly string[]): Scenario | KvScenario {
  const file = findFile(nameOrPath)
  return parseAnyScenario({ text: readFileSync(file, 'utf8'), file, overrides })
}

/** For commands that play chat servers alone. @throws MisuseError when it is for another exercise. */
export function loadChatScenario(nameOrPath: string, overrides: readonly string[]): Scenario {
  const scenario = loadScenario(nameOrPath, overrides)
  if (scenario.exercise === 'chat') return scenario
  throw new MisuseError(
    `Expected a scenario for chat servers, got ${scenario.name}, which is for key-value stores. \`assay list\` shows all.`,
  )
}

function findFile(nameOrPath: string): string {
  if (scenarioNames().includes(nameOrPath)) return join(FOLDER, `${nameOrPath}${ENDING}`)
  if (existsSync(nameOrPath)) return nameOrPath
  const near = nearMatch(nameOrPath, scenarioNames())
  const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`
  throw new MisuseError(
    `Expected a scenario's name or the path of a YAML file, got ${JSON.stringify(nameOrPath)}.${hint} \`assay list\` shows the names.`,
  )
}
