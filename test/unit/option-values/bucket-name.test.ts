import { describe, expect, test } from 'vitest'
import { parseBucketName } from '../../../scripts/option-values/bucket-name.js'
import { expectRefusal, nginxInjections } from '../config/refusal.js'

describe('the name of a bucket', () => {
    test.each([
        'my-pypi',
        'abc',
        '123',
        'a.b.c',
        'my.pypi.example.com',
        '1.2.3.4.5',
        '256.256.256.256',
        'a--b',
        'x'.repeat(63),
        'my-pypi-111122223333-us-west-2-an',
        'sthree',
        'my-xn--pypi',
        'my-pypi-abcdefghij1234567890-s3alias',
    ])('%s is taken as it is', (name) => {
        expect(parseBucketName(name)).toBe(name)
    })

    test.each<[name: string, why: string]>([
        ['', 'it has 0 characters'],
        ['ab', 'it has 2 characters'],
        ['x'.repeat(64), 'it has 64 characters'],
        ['My-Pypi', 'it has characters other'],
        ['my_pypi', 'it has characters other'],
        ['my-pypi/', 'it has characters other'],
        ['../pypi', 'it has characters other'],
        ['mé-pypi', 'it has characters other'],
        ['日本日本', 'it has characters other'],
        ['my%2fpypi', 'it has characters other'],
        ['my+pypi', 'it has characters other'],
        ['my~pypi', 'it has characters other'],
        ['arn:aws:s3:::my-pypi', 'it has characters other'],
        ['s3://my-pypi', 'leave out "s3://"'],
        ['-pypi', 'begin and end with a letter or a digit'],
        ['pypi-', 'begin and end with a letter or a digit'],
        ['.pypi', 'begin and end with a letter or a digit'],
        ['pypi.', 'begin and end with a letter or a digit'],
        ['my..pypi', 'two dots in a row'],
        ['192.168.5.4', 'looks like an IP address'],
        ['xn--pypi', 'S3 reserves such names'],
        ['sthree-pypi', 'S3 reserves such names'],
        ['sthree-configurator', 'S3 reserves such names'],
        ['amzn-s3-demo-pypi', 'S3 reserves such names'],
        ['pypi--ol-s3', 'S3 reserves such names'],
        ['pypi.mrap', 'S3 reserves such names'],
        ['pypi--use1-az4--x-s3', 'S3 reserves such names'],
        ['pypi--table-s3', 'S3 reserves such names'],
        ...nginxInjections.map((text) => [`xx${text}xx`, 'it has characters other'] as [string, string]),
    ])('%j is refused: %s', (name, why) => {
        const refusal = `${JSON.stringify(name)} cannot be the name of a bucket: `
        expectRefusal(() => parseBucketName(name), refusal, /3 to 63 of a-z, 0-9, "-" and "\."/)
        expectRefusal(() => parseBucketName(name), why, /3 to 63/)
    })
})
