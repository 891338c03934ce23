import { expect, test } from 'vitest'
import { credentialsFrom } from '../../../../njs/signing/credentials.js'

const found = (accessKeyId: string, secretAccessKey: string, sessionToken = '') => ({
    accessKeyId,
    secretAccessKey,
    sessionToken,
})

test.each([
    ['the names of AWS', { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 's' }, found('id', 's')],
    ['the names of 2018', { AWS_ACCESS_KEY: 'id', AWS_SECRET_KEY: 's' }, found('id', 's')],
    [
        'both: the names of AWS win',
        { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 's', AWS_ACCESS_KEY: 'old', AWS_SECRET_KEY: 'old' },
        found('id', 's'),
    ],
    [
        'an empty variable counts as not set',
        { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: ' ', AWS_ACCESS_KEY: 'id', AWS_SECRET_KEY: 's' },
        found('id', 's'),
    ],
    [
        'a session token',
        { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'token\n' },
        found('id', 's', 'token'),
    ],
    [
        'line breaks and spaces at the ends, as a file leaves them',
        { AWS_ACCESS_KEY_ID: ' id\r\n', AWS_SECRET_ACCESS_KEY: '\ta/secret+with spaces\r\n' },
        found('id', 'a/secret+with spaces'),
    ],
    ['nothing', {}, undefined],
    ['no secret', { AWS_ACCESS_KEY_ID: 'id' }, undefined],
    ['an empty secret', { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: '' }, undefined],
    ['no key id', { AWS_SECRET_ACCESS_KEY: 's' }, undefined],
    ['a key id that would add a header', { AWS_ACCESS_KEY_ID: 'i\r\nX: y', AWS_SECRET_ACCESS_KEY: 's' }, undefined],
    [
        'a token that would add a header',
        { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't\nX: y' },
        undefined,
    ],
])('%s', (_name, environment, credentials) => {
    expect(credentialsFrom(environment)).toEqual(credentials)
})
