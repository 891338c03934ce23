import { describe, expect, test } from 'vitest'
import { bucketFrom } from '../../../njs/signing/bucket-name.js'
import { normalizeName } from '../../../core/project-name.js'
import { redirectTarget } from '../../../njs/project-redirect.js'

test.each([
    ['Proj_ect', 'proj-ect'],
    ['a.b__c--d', 'a-b-c-d'],
    ['zope.interface', 'zope-interface'],
    ['already-normal', 'already-normal'],
])('the project %s is stored as %s', (name, normalized) => {
    expect(normalizeName(name)).toBe(normalized)
})

test.each([
    ['/Proj_ect', 'proj-ect/'],
    ['/Proj_ect/', '../proj-ect/'],
    ['/simple/Proj_ect', 'proj-ect/'],
    ['/simple/Proj.ect/', '../proj-ect/'],
    ['/Simple_Json/', '../simple-json/'],
    ['/Proj_ect/A_b-1.0+Cu.whl', '../proj-ect/A_b-1.0%2BCu.whl'],
    ['/simple/Proj_ect/ü b', '../proj-ect/%C3%BC%20b'],
    ['/arrow', 'arrow/'],
])('%s redirects to %s', (uri, location) => {
    expect(redirectTarget(uri)).toBe(location)
})

describe('AWS_S3_BUCKET', () => {
    test.each([
        [undefined, 'configured'],
        ['', 'configured'],
        ['configured', 'configured'],
        ['my-pypi', 'my-pypi'],
        ['my.pypi\n', 'my.pypi'],
    ])('%j names the bucket %s', (override, bucket) => {
        expect(bucketFrom(override, 'configured')).toBe(bucket)
    })

    test.each(['../other', 'other/key', 'UPPER', 'a..b', 'ab', 'x@y', 'a\r\nHost: b'])('%j is refused', (override) => {
        expect(() => bucketFrom(override, 'configured')).toThrow('AWS_S3_BUCKET')
    })
})
