import { describe, expect, test } from 'vitest'
import { fileCredentials, parseProfile } from '../../../../njs/credentials/files.js'

describe('a profile of the shared file', () => {
    const text = [
        '# a comment',
        '[default]',
        'aws_access_key_id=AKID',
        'aws_secret_access_key = s/+=#x',
        '; another',
        '[ "team a" ]',
        'AWS_ACCESS_KEY_ID = OTHER # of the team',
        '  indented = no setting',
        '[profile build]\r',
        'aws_access_key_id = BUILD\r',
        '[default]',
        'region = eu-central-1',
    ].join('\n')

    test.each([
        ['default', { aws_access_key_id: 'AKID', aws_secret_access_key: 's/+=#x', region: 'eu-central-1' }],
        ['team a', { aws_access_key_id: 'OTHER' }],
        ['build', { aws_access_key_id: 'BUILD' }],
        ['none', undefined],
        ['', undefined],
    ])('%j', (name, settings) => expect(parseProfile(text, name)).toEqual(settings))
})

describe('secrets in files of their own', () => {
    const environment = { AWS_ACCESS_KEY_ID_FILE: '/id', AWS_SECRET_ACCESS_KEY_FILE: '/secret' }

    test('that change between two reads are read again', () => {
        const reads: string[] = []
        // The folder is exchanged after the first file was read.
        const credentials = fileCredentials(environment, (path) => {
            reads.push(path)
            return `${path} ${reads.length === 1 ? 'old' : 'new'}\n`
        })
        expect(credentials).toEqual({ accessKeyId: '/id new', secretAccessKey: '/secret new', sessionToken: '' })
        expect(reads).toEqual(['/id', '/secret', '/id', '/id', '/secret', '/id'])
    })

    test('that never rest are refused', () => {
        let count = 0
        expect(() => fileCredentials(environment, () => `AKID${count++}`)).toThrow('/id keeps changing')
    })

    test('that cannot be read are named', () => {
        const refuse = (): string => {
            throw new Error('Permission denied')
        }
        expect(() => fileCredentials(environment, refuse)).toThrow(
            '/id cannot be read by the workers of nginx: Permission denied',
        )
    })
})
