/** `--set field=value`: one field of a scenario, changed from the command line. */
import { parseDocument } from 'yaml'
import { nearMatch } from './near-match.ts'
import { fieldOf, pathText, ScenarioError, shown, type FieldPath } from './scenario-error.ts'

export interface AppliedOverride {
  /** As it was typed. */
  readonly text: string
  /** Where it leads, list items by their index. */
  readonly path: FieldPath
}

/** Sets one field in `root`, in place; an empty value leaves it out, as if it had not been written. Blocks on the way that are missing are made; list items must exist. Throws a ScenarioError. */
export function applyOverride(root: unknown, text: string): AppliedOverride {
  const fail = (problem: string): never => {
    throw new ScenarioError(`--set ${text}: ${problem}`)
  }
  const equals = text.indexOf('=')
  if (equals < 1) fail('Expected a field, `=` and a value. Write it as in --set users=2000 or --set phases.hold.seconds=5.')
  const steps = text.slice(0, equals).trim().split('.')
  const value = parseValue(text.slice(equals + 1), fail)
  const path: (string | number)[] = []
  let container = root
  for (const [place, step] of steps.entries()) {
    const found = Array.isArray(container) ? itemIndex(container, step, pathText(path, root), fail) : step
    if (typeof container !== 'object' || container === null) {
      fail(`Expected ${pathText(path, root)} to be a block of fields or a list, got ${shown(container)}. Set it as a whole.`)
    }
    path.push(found)
    if (place === steps.length - 1 && value === null) leaveOut(container, found, fail)
    else if (place === steps.length - 1) setField(container, found, value)
    else if (fieldOf(container, found) === undefined || fieldOf(container, found) === null) setField(container, found, {})
    container = fieldOf(container, found)
  }
  return { text, path }
}

function parseValue(text: string, fail: (problem: string) => never): unknown {
  const document = parseDocument(text, { prettyErrors: false })
  const [error] = [...document.errors, ...document.warnings]
  if (error)
    fail(
      `Expected a YAML value, got ${shown(text)}: ${error.message}. Quote it for the shell, as in --set 'body.bytes={min: 20, max: 200}'.`,
    )
  return document.toJS()
}

function itemIndex(list: readonly unknown[], step: string, listText: string, fail: (problem: string) => never): number {
  const names = list.map(item => fieldOf(item, 'name')).map(name => (typeof name === 'string' ? name : undefined))
  const named = names.indexOf(step)
  if (named >= 0) return named
  const index = /^\d{1,9}$/.test(step) ? Number(step) : list.length
  if (index < list.length) return index
  const known = names.filter(name => name !== undefined)
  const meant = nearMatch(step, known)
  const items = known.length > 0 ? `It has: ${known.join(', ')}.` : `It has ${list.length} items, counted from 0.`
  return fail(`Expected an item of ${listText}, got \`${step}\`. ${meant === undefined ? items : `Did you mean \`${meant}\`?`}`)
}

function leaveOut(container: unknown, step: string | number, fail: (problem: string) => never): void {
  if (Array.isArray(container)) {
    container.splice(Number(step), 1)
    return
  }
  const fields = Object.keys(container ?? {})
  if (fields.includes(String(step))) Reflect.deleteProperty(container as object, step)
  else {
    const meant = nearMatch(String(step), fields)
    const there = meant === undefined ? `There is: ${fields.join(', ')}.` : `Did you mean \`${meant}\`?`
    fail(`Expected a field that the scenario has, to leave it out, got \`${step}\`. ${there}`)
  }
}

function setField(container: unknown, step: string | number, value: unknown): void {
  // Defined, not assigned: a field called `__proto__` is just another unknown field.
  Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true })
}
