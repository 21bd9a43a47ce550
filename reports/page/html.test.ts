import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeHtml, html, jsonForScript } from './html.ts'

test('what is put into a template is text, whatever it looks like', () => {
  const hostile = '</script><img src=x onerror="alert(1)">\'&\u0000'
  expect(html`<p title="${hostile}">${hostile}</p>`.markup).not.toMatch(/<img|onerror="|<\/script/)
  expect(html`${hostile}`.markup).not.toContain('\u0000')
  expect(html`${html`<b>${'<'}</b>`}${[1, '&', null, false]}`.markup).toBe('<b>&lt;</b>1&amp;')
})

test('escaped text holds none of the five characters that mean something to HTML', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(escapeHtml(text).replaceAll(/&(amp|lt|gt|quot|#39);/g, '')).not.toMatch(/[&<>"']/)
    }),
  )
})

test('JSON in a script tag can neither end it nor begin a comment, and parses back to the same', () => {
  const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('</script>', '<!--', ']]>', '\u2028\u2029', '&lt;'))
  fc.assert(
    fc.property(hostile, text => {
      const { markup } = jsonForScript({ text })
      expect(markup).not.toMatch(/[<>&\u2028\u2029]/)
      expect(JSON.parse(markup)).toEqual({ text })
    }),
  )
})
