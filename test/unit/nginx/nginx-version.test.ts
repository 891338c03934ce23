import { describe, expect, test } from 'vitest'
import { nginxFeatures, parseNginxVersion } from '../../../scripts/nginx/nginx-version.js'
import { expectRefusal, nginxInjections } from '../config/refusal.js'

describe('the version of nginx', () => {
    test.each([
        ['1.22.1', [1, 22, 1]],
        ['1.30.10', [1, 30, 10]],
        ['2.0.0', [2, 0, 0]],
    ])('%s', (text, version) => expect(parseNginxVersion(text)).toEqual(version))

    test.each([
        '',
        '1',
        '1.28',
        '1.28.0.1',
        'v1.28.0',
        'nginx/1.28.0',
        '1.28.0-alpine',
        '1.28.x',
        'latest',
        ...nginxInjections,
    ])('%j is refused', (text) => {
        const message = `${JSON.stringify(text)} is not a version of nginx`
        expectRefusal(() => parseNginxVersion(text), message, 'as `nginx -v` prints it, e.g. 1.28.0')
    })

    test.each(['1.22.0', '1.21.99', '1.9.15', '0.99.99'])('%s is too old', (text) => {
        expectRefusal(() => parseNginxVersion(text), `nginx ${text} is too old`, '1.22.1 (Debian 12) is the oldest')
    })

    test.each([
        ['1.22.1', { sharedDictionary: false, upstreamResolve: false, quickJs: false }],
        ['1.25.1', { sharedDictionary: false, upstreamResolve: false, quickJs: false }],
        ['1.25.2', { sharedDictionary: true, upstreamResolve: false, quickJs: false }],
        ['1.26.3', { sharedDictionary: true, upstreamResolve: false, quickJs: false }],
        ['1.27.2', { sharedDictionary: true, upstreamResolve: false, quickJs: false }],
        ['1.27.3', { sharedDictionary: true, upstreamResolve: true, quickJs: false }],
        ['1.28.0', { sharedDictionary: true, upstreamResolve: true, quickJs: true }],
        ['1.30.4', { sharedDictionary: true, upstreamResolve: true, quickJs: true }],
        ['2.0.0', { sharedDictionary: true, upstreamResolve: true, quickJs: true }],
    ])('what %s can do', (text, features) => expect(nginxFeatures(text)).toMatchObject(features))
})
