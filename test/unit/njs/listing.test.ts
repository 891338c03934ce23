import { describe, expect, test } from 'vitest'
import { listingQuery, readListing, readObject } from '../../../njs/listing.js'

interface Parts {
    prefix?: string | undefined
    encoding?: string | undefined
    count?: string
    truncated?: string | undefined
    token?: string
    /** In place of the objects. */
    objects?: string
    before?: string
    after?: string
}

const element = (name: string, text: string | undefined) => (text === undefined ? '' : `<${name}>${text}</${name}>`)

const object = (key: string, more = '<Size>5</Size>', time = '2026-01-02T03:04:05.000Z') =>
    `<Contents><Key>${key}</Key><LastModified>${time}</LastModified><ETag>&quot;x&quot;</ETag>${more}</Contents>`

function xml(parts: Parts = {}): string {
    const { objects = object('acme%2Facme-1.0.zip'), before = '', after = '' } = parts
    return (
        `${before}<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
        element('Name', 'my-pypi') +
        element('Prefix', 'prefix' in parts ? parts.prefix : 'acme%2F') +
        element('KeyCount', parts.count) +
        element('EncodingType', 'encoding' in parts ? parts.encoding : 'url') +
        element('IsTruncated', 'truncated' in parts ? parts.truncated : 'false') +
        element('NextContinuationToken', parts.token) +
        `${objects}</ListBucketResult>${after}`
    )
}

/** The names in a listing of `acme/`. */
function names(text: string): (string | undefined)[] {
    const { objects, isEncoded } = readListing(text, 'acme/')
    return objects.map((one) => readObject(one, 'acme/', isEncoded).name)
}

test('the query is encoded and sorted', () => {
    expect(listingQuery('team-a%2Facme%2F', '')).toBe(
        'delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000&prefix=team-a%2Facme%2F',
    )
    const query = listingQuery('acme%2F', "1/+=&\t(a)!*'é")
    expect(query).toMatch(/^continuation-token=1%2F%2B%3D%26%09%28a%29%21%2A%27%C3%A9&delimiter=/)
    const parameters = query.split('&').map((one) => one.split('=')[0]!)
    expect([...parameters].sort()).toEqual(parameters)
})

test('an object: its name, size and date in the form of PEP 700', () => {
    const read = (text: string) => readObject(readListing(text, 'acme/').objects[0]!, 'acme/', true)
    const expected = { name: 'acme-1.0.zip', size: 5, lastModified: '2026-01-02T03:04:05.000000Z' }
    expect(read(xml())).toEqual(expected)
    for (const [time, fraction] of [
        ['2026-01-02T03:04:05Z', '000000'],
        ['2026-01-02T03:04:05.1Z', '100000'],
        ['2026-01-02T03:04:05.123456789Z', '123456'],
    ]) {
        const objects = object('acme%2Facme-1.0.zip', '<Size>5</Size>', time)
        expect(read(xml({ objects })).lastModified).toBe(`2026-01-02T03:04:05.${fraction}Z`)
    }
})

test.each([
    ['percent-encoded', 'acme%2Fa%2Bb%20c%C3%A9', 'a+b cé'],
    ['with + for a space', 'acme/a%2Bb+c', 'a+b c'],
    ['not UTF-8', 'acme/a%FF', undefined],
    ['of the folder itself', 'acme/', ''],
    ['with what XML escapes', 'acme/a&amp;amp;', 'a&amp;'],
])('a key %s', (_about, key, name) => {
    expect(names(xml({ objects: object(key) }))).toEqual([name])
})

test.each([
    ['plain', 'acme/a+b%41', 'a+b%41'],
    ['with what XML escapes', 'acme/&lt;Key&gt;&amp;&quot;&apos;&#43;&#x2b;&#13;&#x1F600;', '<Key>&"\'++\r\u{1f600}'],
])('a key of a server that ignores encoding-type: %s', (_about, key, name) => {
    expect(names(xml({ encoding: undefined, prefix: 'acme/', objects: object(key) }))).toEqual([name])
})

test.each<[string, Parts]>([
    ['no prefix', { prefix: undefined }],
    ['a prefix that is not encoded', { prefix: 'acme/' }],
    ['a count', { count: '1' }],
    ['an empty token', { token: '' }],
    ['an owner', { objects: object('acme/acme-1.0.zip', '<Size>5</Size><Owner><ID>1</ID></Owner>') }],
    ['line breaks', { objects: `\n${object('acme/acme-1.0.zip')}\n`, after: '\n' }],
    [
        'folders below',
        {
            count: '2',
            objects:
                '<CommonPrefixes><Prefix>acme/a/</Prefix></CommonPrefixes>' +
                object('acme/acme-1.0.zip') +
                '<CommonPrefixes><Prefix>acme/b/</Prefix></CommonPrefixes>',
        },
    ],
])('a listing with %s', (_about, parts) => {
    expect(names(xml(parts))).toEqual(['acme-1.0.zip'])
})

test('the next page', () => {
    expect(readListing(xml(), 'acme/').token).toBe('')
    expect(readListing(xml({ truncated: 'true', token: 'a&amp;b/+=' }), 'acme/').token).toBe('a&b/+=')
})

describe('what is not a whole listing of the folder is an error', () => {
    test.each<[string, string]>([
        ['nothing', ''],
        ['a web page', '<html>Sign in</html>'],
        ['an error', '<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>'],
        ['JSON', '{"Contents":[]}'],
        ['another document around it', `<html>${xml()}</html>`],
        ['text before it', xml({ before: 'x' })],
        ['text after it', xml({ after: 'x' })],
        ['two of them', xml() + xml()],
        ['one within another', xml({ objects: xml().slice(39) })],
        ['version 1 of the listing of versions', xml().replaceAll('ListBucketResult', 'ListVersionsResult')],
        ['a document type', xml({ before: '<!DOCTYPE x [<!ENTITY a "b">]>' })],
        ['a comment that hides a key', xml({ objects: `<!--${object('acme/acme-1.0.zip')}-->` })],
        ['CDATA', xml({ objects: object('<![CDATA[acme/acme-1.0.zip]]>') })],
        ['an unknown entity', xml({ encoding: undefined, prefix: 'acme/', objects: object('acme/&nbsp;') })],
        ['an entity without end', xml({ encoding: undefined, prefix: 'acme/', objects: object('acme/&amp') })],
        [
            'an entity of another sort',
            xml({ encoding: undefined, prefix: 'acme/', objects: object('acme/&toString;') }),
        ],
        ['a character beyond Unicode', xml({ objects: object('acme/&#x110000;') })],
        ['no word on whether it goes on', xml({ truncated: undefined })],
        ['an unknown word on whether it goes on', xml({ truncated: 'TRUE' })],
        ['more to come, without a token', xml({ truncated: 'true' })],
        ['a token, but no more to come', xml({ token: 'x' })],
        ['two tokens', xml({ truncated: 'true', token: 'x</NextContinuationToken><NextContinuationToken>y' })],
        ['a token without end', xml({ truncated: 'true', token: 'x'.repeat(100_000) })],
        ['markup in a token', xml({ truncated: 'true', token: '<b>x</b>' })],
        ['more keys than are named', xml({ count: '2' })],
        ['fewer keys than are named', xml({ count: '0' })],
        ['a count that is no number', xml({ count: 'one' })],
        ['the prefix of another folder', xml({ prefix: 'acm%2F' })],
        ['a key of another folder', xml({ objects: object('acm/acme-1.0.zip') })],
        ['a key that only ends with the folder', xml({ objects: object('x/acme/acme-1.0.zip') })],
        ['a key without end', xml({ objects: object('acme/acme-1.0.zip').replace('</Contents>', '') })],
        ['a key within a key', xml({ objects: object(`acme/a${object('acme/b')}`) })],
        ['an object with two keys', xml({ objects: object('acme/a', '<Key>acme/b</Key><Size>5</Size>') })],
        ['an object without a key', xml({ objects: '<Contents><Size>5</Size></Contents>' })],
        ['an object with attributes', xml({ objects: object('acme/a').replace('<Contents>', '<Contents a="b">') })],
        ['a size that is no number', xml({ objects: object('acme/a', '<Size>1e3</Size>') })],
        ['a negative size', xml({ objects: object('acme/a', '<Size>-1</Size>') })],
        ['no size', xml({ objects: object('acme/a', '') })],
        ['two sizes', xml({ objects: object('acme/a', '<Size>1</Size><Size>2</Size>') })],
        ['no date', xml({ objects: object('acme/a').replaceAll('LastModified', 'Date') })],
        ['a hostile date', xml({ objects: object('acme/a', '<Size>5</Size>', '"><script>') })],
        ['a date without a zone', xml({ objects: object('acme/a', '<Size>5</Size>', '2026-01-02T03:04:05') })],
        ['folders below in an unknown form', xml({ objects: '<CommonPrefixes><x/></CommonPrefixes>' })],
    ])('%s', (_about, text) => {
        expect(() => names(text)).toThrow(Error)
    })

    test('cut anywhere', () => {
        const whole = xml({ count: '2', objects: object('acme/a') + object('acme/b') })
        expect(names(whole)).toEqual(['a', 'b'])
        for (let length = 0; length < whole.length; length++) expect(() => names(whole.slice(0, length))).toThrow(Error)
    })
})

test('a hostile listing of four megabytes is read in linear time', () => {
    const megabytes = (text: string) => text.repeat((4 << 20) / text.length)
    for (const text of [
        '<Contents>',
        '<',
        '&',
        '<CommonPrefixes>',
        '<CommonPrefixes><Prefix>',
        ' ',
        '<?xml',
        '<Key>',
    ]) {
        expect(() => names(xml({ objects: megabytes(text) + 'x' }).replace('<IsTruncated>', '<I>'))).toThrow(Error)
        expect(() => names(megabytes(text))).toThrow(Error)
    }
})
