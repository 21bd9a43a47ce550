// Draws every chart of the page with uPlot from the JSON beside it. Runs in the browser; knows nothing of runs or candidates.
;(() => {
  const root = document.documentElement
  const plots = []
  const percentileTicks = [0, 50, 90, 99, 99.9, 99.99, 100]
  const number = (value, decimals) => value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
  const position = percentile => (percentile >= 100 ? 4.5 : -Math.log10(1 - percentile / 100))
  const colour = name => getComputedStyle(root).getPropertyValue(`--${name}`).trim()

  const scaleBytes = value => {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
    let unit = 0
    while (Math.abs(value) >= 1024 && unit < units.length - 1) {
      value /= 1024
      unit++
    }
    return `${number(value, unit === 0 || value >= 100 ? 0 : 1)} ${units[unit]}`
  }
  const exact = {
    ms: value => `${number(value, value < 10 ? 3 : value < 10000 ? 2 : 0)} ms`,
    count: value => number(value, Number.isInteger(value) ? 0 : 1),
    bytes: scaleBytes,
    share: value => `${number(value * 100, 1)} %`,
  }
  const short = value => (value >= 1 || value === 0 ? number(value, Number.isInteger(value) ? 0 : 1) : String(Number(value.toPrecision(2))))
  const tick = {
    ms: value => `${short(value)} ms`,
    count: short,
    bytes: scaleBytes,
    share: value => `${short(value * 100)} %`,
  }
  const xText = {
    seconds: value => `${number(value, 2)} s`,
    number: value => number(value, Number.isInteger(value) ? 0 : 1),
    percentile: value => (value >= 4.5 ? 'max' : `p${Number((100 - 100 / 10 ** value).toPrecision(6))}`),
  }

  for (const figure of document.querySelectorAll('figure.chart')) {
    const spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent)
    const plot = { spec, place: figure.querySelector('.plot'), drawn: undefined }
    plots.push(plot)
    plot.place.addEventListener('keydown', event => moveCursor(plot, event))
    draw(plot)
  }

  function draw(plot) {
    const width = root.classList.contains('printing') ? printWidth(plot) : plot.place.clientWidth
    plot.drawn?.destroy()
    plot.width = width
    plot.drawn = new uPlot(options(plot.spec, Math.max(width, 200)), plot.spec.data, plot.place)
  }

  function printWidth(plot) {
    return plot.spec.small ? 310 : 660
  }

  function redraw() {
    for (const plot of plots) draw(plot)
  }

  function options(spec, width) {
    const ink = colour('muted')
    const axis = { stroke: ink, font: '12px system-ui, sans-serif', grid: { stroke: colour('rule'), width: 1 }, ticks: { show: false } }
    return {
      width,
      height: spec.small ? 190 : 280,
      padding: [spec.spans.length > 0 ? 22 : 12, 14, 0, 0],
      legend: { live: true },
      cursor: { y: false, points: { size: 7 }, ...(spec.x === 'seconds' ? { sync: { key: 'time' } } : {}) },
      scales: { x: { time: false, range: xRange(spec) }, y: yScale(spec) },
      axes: [
        { ...axis, ...xAxis(spec, width) },
        {
          ...axis,
          size: 72,
          ...(spec.unit === 'bytes' ? { incrs: Array.from({ length: 44 }, (_, power) => 2 ** power) } : {}),
          values: (_, values) => values.map(value => yTick(spec, value)),
          ...yFilter(spec),
        },
      ],
      series: [
        { label: spec.xLabel, value: (_, value) => (value === null ? '–' : xText[spec.x](value)) },
        ...spec.series.map(series => line(spec, series)),
      ],
      plugins: [{ hooks: { drawClear: u => drawSpans(u, spec), draw: u => drawMarks(u, spec) } }],
    }
  }

  function line(spec, series) {
    const stroke = colour(`series-${series.colour}`)
    return {
      label: series.label,
      stroke,
      width: 2,
      dash: series.dashed ? [6, 4] : undefined,
      fill: series.filled ? `${stroke}26` : undefined,
      spanGaps: spec.x !== 'seconds',
      points: { show: spec.data[0].length < 3 },
      value: (_, value) => (value === null || value === undefined ? '–' : exact[spec.unit](value)),
    }
  }

  function xAxis(spec, width) {
    if (spec.x === 'percentile') {
      const ticks = width < 420 ? percentileTicks.filter(value => value !== 0 && value !== 99.99) : percentileTicks
      return {
        size: 34,
        splits: () => ticks.map(position),
        values: () => ticks.map(value => (value === 100 ? 'max' : value === 0 ? 'min' : String(value))),
      }
    }
    const unit = spec.x === 'seconds' ? ' s' : ''
    return { size: 34, space: 64, values: (_, values) => values.map(value => short(value) + unit) }
  }

  function xRange(spec) {
    if (spec.x === 'percentile') return [0, position(100)]
    return (_, low, high) => (low === null || low === high ? [(low ?? 0) - 1, (high ?? 0) + 1] : [low, high])
  }

  function yScale(spec) {
    const marks = spec.marks.map(mark => mark.value)
    if (spec.scale === 'log') return { distr: 3, log: 10, range: (_, low, high) => logRange([low, high, ...marks]) }
    return { range: (_, low, high) => [0, Math.max(high ?? 0, ...marks, spec.unit === 'share' ? 0.1 : 1) * 1.08] }
  }

  function logRange(values) {
    const known = values.filter(value => value > 0)
    if (known.length === 0) return [1, 1000]
    return [10 ** Math.floor(Math.log10(Math.min(...known))), 10 ** Math.ceil(Math.log10(Math.max(...known) * 1.15))]
  }

  // On a log axis only the powers of ten are named, so that labels do not crowd.
  function yFilter(spec) {
    return spec.scale === 'log'
      ? { filter: (_, splits) => splits.map(value => (Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6) ? value : null)) }
      : {}
  }

  function yTick(spec, value) {
    return value === null ? '' : tick[spec.unit](value)
  }

  function drawSpans(u, spec) {
    const { ctx, bbox } = u
    const ratio = devicePixelRatio
    ctx.save()
    ctx.font = `${11 * ratio}px system-ui, sans-serif`
    ctx.textBaseline = 'bottom'
    ctx.textAlign = 'left'
    for (const span of spec.spans) {
      const from = Math.max(u.valToPos(span.from, 'x', true), bbox.left)
      const to = Math.min(u.valToPos(span.to, 'x', true), bbox.left + bbox.width)
      if (to <= from) continue
      if (span.shaded) {
        ctx.fillStyle = colour('shade')
        ctx.fillRect(from, bbox.top, to - from, bbox.height)
      }
      ctx.fillStyle = colour('rule-strong')
      ctx.fillRect(from, bbox.top - 16 * ratio, ratio, bbox.height + 16 * ratio)
      ctx.fillStyle = colour('muted')
      if (ctx.measureText(span.label).width + 8 * ratio < to - from) ctx.fillText(span.label, from + 5 * ratio, bbox.top - 4 * ratio)
    }
    ctx.restore()
  }

  function drawMarks(u, spec) {
    const { ctx, bbox } = u
    const ratio = devicePixelRatio
    ctx.save()
    ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`
    ctx.strokeStyle = ctx.fillStyle = colour('limit')
    ctx.lineWidth = 1.5 * ratio
    ctx.setLineDash([5 * ratio, 4 * ratio])
    ctx.textBaseline = 'bottom'
    ctx.textAlign = 'left'
    for (const mark of spec.marks) {
      const y = u.valToPos(mark.value, 'y', true)
      if (y < bbox.top || y > bbox.top + bbox.height) continue
      ctx.beginPath()
      ctx.moveTo(bbox.left, y)
      ctx.lineTo(bbox.left + bbox.width, y)
      ctx.stroke()
      ctx.fillText(mark.label, bbox.left + 6 * ratio, y - 3 * ratio)
    }
    ctx.restore()
  }

  function moveCursor(plot, event) {
    const u = plot.drawn
    const last = u.data[0].length - 1
    const now = u.cursor.idx ?? -1
    const step = Math.max(1, Math.round(last / 100))
    const targets = { ArrowRight: now < 0 ? 0 : now + step, ArrowLeft: now < 0 ? last : now - step, Home: 0, End: last }
    const target = targets[event.key]
    if (target === undefined) return
    event.preventDefault()
    const index = Math.min(Math.max(target, 0), last)
    u.setCursor({ left: u.valToPos(u.data[0][index], 'x'), top: u.over.clientHeight / 2 })
  }

  function setPrinting(printing) {
    if (root.classList.contains('printing') === printing) return
    root.classList.toggle('printing', printing)
    redraw()
  }

  addEventListener('beforeprint', () => setPrinting(true))
  addEventListener('afterprint', () => setPrinting(false))
  matchMedia('print').addEventListener('change', event => setPrinting(event.matches))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
  let waiting = 0
  new ResizeObserver(() => {
    cancelAnimationFrame(waiting)
    waiting = requestAnimationFrame(() => {
      for (const plot of plots) if (!root.classList.contains('printing') && plot.place.clientWidth !== plot.width) draw(plot)
    })
  }).observe(document.querySelector('main'))
})()
