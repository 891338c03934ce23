import { describe, expect, test } from 'vitest'
import { bucketFrom } from '../../../../njs/signing/bucket-name.js'

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
