import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { html, trustedHtml, type Html, type HtmlValue } from './html.ts'

export interface Page {
  readonly title: string
  /** One character for the tab's icon, and its colour: the verdict seen before the page is. */
  readonly icon: { readonly sign: string; readonly colour: string }
  readonly body: HtmlValue
  /** Pages without charts carry no script at all. */
  readonly charts: boolean
}

const require = createRequire(import.meta.url)
const read = (path: string | URL) => readFileSync(path, 'utf8').trim()

const STYLE = `${read(require.resolve('uplot/dist/uPlot.min.css'))}\n${read(new URL('page.css', import.meta.url))}`
const SCRIPTS = [read(require.resolve('uplot/dist/uPlot.iife.min.js')), read(new URL('page-script.js', import.meta.url))]
for (const asset of [STYLE, ...SCRIPTS]) {
  if (/<\/(?:style|script)|<!--/i.test(asset))
    throw new Error('Expected the page assets to hold no end tag, got one. This is a bug in Assay.')
}

/**
 * A whole page in one file: no request leaves it, and its content security policy names the hash of each of our own scripts and styles,
 * so that nothing a candidate printed or sent could run, load or submit anything even if it got into the markup.
 */
export function renderPage(page: Page): string {
  const scripts = page.charts ? SCRIPTS : []
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(scripts)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${page.title}</title>
        <link rel="icon" href="${iconUrl(page.icon)}" />
        ${trustedHtml(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <main id="content">${page.body}</main>
        ${scripts.map(script => trustedHtml(`<script>${script}</script>`))}
      </body>
    </html>`
  return `${markup.trimEnd()}\n`
}

/** One part of a page, with a heading that links can point to. */
export function section(id: string, title: string, lead: HtmlValue, content: HtmlValue): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${lead !== '' && html`<p class="lead">${lead}</p>`} ${content}
  </section>`
}

/** Pairs of a name and what is known of it. */
export function facts(pairs: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  return html`<dl class="facts">
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

/** The assets' own text, so that a test can put short names in their place. */
export const pageAssets: { readonly style: string; readonly scripts: readonly string[] } = { style: STYLE, scripts: SCRIPTS }

function contentSecurityPolicy(scripts: readonly string[]): string {
  const scriptSources = scripts.length === 0 ? "'none'" : scripts.map(hashSource).join(' ')
  return [
    "default-src 'none'",
    `script-src ${scriptSources}`,
    `style-src ${hashSource(STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function hashSource(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}

function iconUrl({ sign, colour }: Page['icon']): string {
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
    <rect width="32" height="32" rx="7" fill="${colour}" />
    <text x="16" y="23" font-family="sans-serif" font-size="21" font-weight="700" text-anchor="middle" fill="#fff">${sign}</text>
  </svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg.markup)}`
}
