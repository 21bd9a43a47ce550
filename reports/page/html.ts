/**
 * Markup that cannot be mixed up with text: `html` escapes every string put into it, and only what is already `Html` goes in as it is.
 */
import { visibleText } from '../text/terminal-escapes.ts'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Finished markup. Made by `html` or, from our own constants, by `trustedHtml`. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[]

/** Template tag: strings and numbers are escaped (for text and for quoted attributes), lists are joined, `false` and `null` are nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = strings[0] ?? ''
  values.forEach((value, index) => {
    markup += markupOf(value) + (strings[index + 1] ?? '')
  })
  return new Html(markup)
}

/** Marks markup as safe. Only for our own constants and for strings built from escaped parts. */
export function trustedHtml(markup: string): Html {
  return new Html(markup)
}

/** Text made harmless inside an element or a quoted attribute. Control characters become visible stand-ins. */
export function escapeHtml(text: string): string {
  return visibleText(text).replaceAll(/[&<>"']/g, character => ESCAPES[character] ?? character)
}

/**
 * JSON for a `<script type="application/json">`: no `<`, `>` or `&` that could end the element or begin a comment, and none of the two
 * line ends that JSON allows and old JavaScript does not. `JSON.parse` gives back the same value.
 */
export function jsonForScript(value: unknown): Html {
  const json = JSON.stringify(value) ?? 'null'
  const escaped = json.replaceAll(/[<>&\u2028\u2029]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return new Html(escaped)
}

function markupOf(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (value instanceof Html) return value.markup
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return value.map(markupOf).join('')
}
