import { expect, test } from 'vitest'
import { downloadsPicture } from '../../../scripts/downloads/picture.js'

const counts = {
    ...{ meta: { version: 1 as const }, first: '2026-11-27', last: '2026-11-28', downloads: 105 },
    ...{ days: { '2026-11-27': 100, '2026-11-28': 5 }, installers: {}, pythons: {} },
}

test.each([
    ['versions that are numbers', { '1.0': 100, 2: 5 }, ['1.0', '2']],
    ['the twin: versions that are not', { '1.0': 100, '2.0': 5 }, ['1.0', '2.0']],
])('bars by count, within the picture: %s', (_name, versions, expected) => {
    const picture = downloadsPicture('acme', { ...counts, versions })
    const rows = [...picture.matchAll(/<text x="60" [^>]*>([^<]*)<\/text><rect [^>]*width="([\d.]+)"/g)]
    expect(rows.map(([, name]) => name)).toEqual(expected)
    expect(rows.map(([, , width]) => Number(width))).toEqual([340, 17])
})
