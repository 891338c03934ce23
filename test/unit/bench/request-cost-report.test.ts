import { XMLValidator } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { drawChart } from '../../../bench/request-cost/report.js'

const chart = {
    title: 'CPU < "plain" & more',
    caption: '1 is plain',
    series: ['recent', 'new'],
    groups: [{ name: 'nginx', rows: [{ label: "a <b> & 'c'", values: [1, 4] }] }],
}

test('a chart is XML, whatever stands in it, with its words as text', () => {
    const svg = drawChart(chart)
    expect(XMLValidator.validate(svg)).toBe(true)
    expect(svg).toContain('>4.00</text>')
    expect(svg).toContain('>recent</text>')
})

test('bars are as long as their values', () => {
    const widths = [...drawChart(chart).matchAll(/<rect class="s\d" x="250" y="\d+" width="([\d.]+)" height="8"/g)]
    const [first, second] = widths.map(([, width]) => Number(width))
    expect(second! / first!).toBeCloseTo(4, 2)
})
