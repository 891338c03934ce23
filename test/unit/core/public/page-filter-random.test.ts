import { describe, expect, test } from 'vitest'
import { UnreadablePage } from '../../../../core/public/unreadable-page.js'
import { seededRandom, type SeededRandom } from '../../../support/random/seeded-random.js'
import { filterPage, modelOfFilter } from '../../../support/public/filter-page.js'
import { pypiFile, pypiPage, type PypiFile } from '../../../support/public/pypi-page.js'

/** Texts that look like the JSON around them. */
const hostileTexts = [
    '"',
    '\\',
    '\\"',
    '}',
    '},{',
    '},{"core-metadata":',
    '"}],"meta":',
    ',"upload-time":"2000-01-01T00:00:00Z"',
    ']',
    '\n',
    '\t',
    '\u0000',
    '\u001f',
    '\u007f',
    'é',
    '日本',
    '😀',
    '\ud800',
    '\u2028',
    '/',
    'upload-time',
    'filename',
    '"url":"',
    '\\u0022',
    '{"files":[',
]
const hostileNames = ['upload-time ', 'Filename', 'files', 'hashes', '', '日本', '__proto__', 'constructor', 'yanked']

function hostileValue(random: SeededRandom, depth = 0): unknown {
    const kind = random.below(depth > 2 ? 5 : 7)
    if (kind === 0) return null
    if (kind === 1) return random.oneOf([true, false])
    if (kind === 2) return random.oneOf([0, -0.5, 1e300, 1e-7, 123456789012, -7])
    if (kind < 5) return hostileText(random)
    if (kind === 5) return Array.from({ length: random.below(4) }, () => hostileValue(random, depth + 1))
    const names = Array.from({ length: random.below(4) }, () =>
        random.oneOf(['url', 'upload-time', 'filename', ...hostileNames]),
    )
    return Object.fromEntries(names.map((name) => [name, hostileValue(random, depth + 1)]))
}

function hostileText(random: SeededRandom): string {
    return Array.from({ length: random.below(4) }, () => random.oneOf(hostileTexts)).join('')
}

function shuffled<Value>(random: SeededRandom, values: readonly Value[]): Value[] {
    return values
        .map((value) => ({ value, key: random.below(1e9) }))
        .sort((a, b) => a.key - b.key)
        .map(({ value }) => value)
}

const versions = ['1.0', '1.1', '2.0rc1', '2.0', '3!1.0', '10.0.post1']

function hostileFile(random: SeededRandom): PypiFile {
    const version = random.oneOf(versions)
    const filename = `demo-${version}${random.oneOf(['.tar.gz', '-py3-none-any.whl', '.zip', '-1-cp39-abi3-linux_x86_64.whl'])}`
    const time = random.oneOf([
        '2020-01-01T00:00:00.000000Z',
        '2026-11-25T00:00:00.000000Z',
        '2026-11-20T12:00:00Z',
        '2020',
        null,
    ])
    const file = pypiFile(filename, time as string, { yanked: random.oneOf([false, true, hostileText(random)]) })
    if (random.below(8) === 0) file.url += random.oneOf(['/x', '?', 'x', '%2f'])
    const odd = Object.fromEntries(
        Array.from({ length: random.below(3) }, () => [random.oneOf(hostileNames), hostileValue(random)]),
    )
    return Object.fromEntries(shuffled(random, Object.entries({ ...odd, ...file }))) as unknown as PypiFile
}

/** A page as some writer of JSON could write it. */
function hostilePage(random: SeededRandom): string {
    const files = Array.from({ length: random.below(6) }, () => hostileFile(random))
    const page = pypiPage('demo', files, {
        versions,
        'project-status': random.oneOf([{ status: 'active' }, { status: 'quarantined', reason: hostileText(random) }]),
    })
    const members = shuffled(random, Object.entries({ ...page, more: hostileValue(random) }))
    const text = JSON.stringify(Object.fromEntries(members), null, random.oneOf(['', '', ' ', '\t', '\n ']))
    // Other spellings of the same values. A name must have none.
    return random.below(3) > 0 ? text : text.replace(/é/g, '\\u00e9')
}

const policy = {
    cutoff: '2026-11-20T12:00:00',
    refusal: (version: string | undefined) => (version === '1.1' ? 'a "reason"' : undefined),
}
const versionOf = (filename: string) => /^demo-([^-]+?)(?:\.tar\.gz|\.zip|-.*)$/.exec(filename)?.[1] ?? filename

/** Of the parts in which a page comes. Bytes. */
const partSizes = [1_000_000, 3, 50, 130, 700, 1500, 4096, 17]

/** @see RFC 8259: JSON is UTF-8 */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

describe('the filter agrees with JSON.parse', () => {
    test.each([false, true])(
        'on pages with hostile texts, in any order, spacing and parts; a stream: %s',
        (isStream) => {
            for (let seed = 0; seed < 400; seed++) {
                const page = hostilePage(seededRandom(seed))
                const result = JSON.parse(filterPage(page, 'demo', policy, partSizes[seed % 8], isStream))
                expect([seed, result]).toEqual([seed, modelOfFilter(page, 'demo', policy, versionOf)])
            }
        },
    )

    test('on damaged pages: it refuses them, or understands them in the same way', () => {
        const outcomes = { accepted: 0, refused: 0 }
        for (let seed = 0; seed < 1200; seed++) {
            const random = seededRandom(seed)
            const bytes = damaged(random, Buffer.from(hostilePage(random)))
            let result: string
            try {
                result = filterPage(bytes, 'demo', policy, partSizes[seed % 8])
            } catch (error) {
                if (!(error instanceof UnreadablePage)) throw new Error(`seed ${seed}`, { cause: error })
                outcomes.refused++
                continue
            }
            outcomes.accepted++
            // Of a damaged file name, the model does not tell which version it is.
            const compared = { ...JSON.parse(result), versions: undefined }
            const expected = modelOfFilter(utf8.decode(bytes), 'demo', policy, versionOf)
            expect([seed, compared]).toEqual([seed, { ...expected, versions: undefined }])
        }
        // Otherwise this tests nothing.
        expect(outcomes.accepted).toBeGreaterThan(60)
        expect(outcomes.refused).toBeGreaterThan(60)
    })
})

function damaged(random: SeededRandom, page: Buffer): Buffer {
    const bytes = Buffer.from(page)
    const place = () => random.below(bytes.length)
    for (let count = 1 + random.below(2); count > 0; count--) {
        const kind = random.below(4)
        if (kind === 0) bytes[place()] = random.below(256)
        if (kind === 1) bytes[place()] = random.oneOf([...Buffer.from('"\\{}[],:0-e. \n')])
        // Swaps two ranges, repeats one, or cuts the end.
        if (kind === 2) {
            const [from, to, length] = [place(), place(), random.below(40)]
            bytes.copyWithin(to, from, from + length)
        }
        if (kind === 3 && random.below(4) === 0) return bytes.subarray(0, place())
    }
    return bytes
}
