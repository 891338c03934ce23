import { describe, expect, test } from 'vitest'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import { warningsOf } from '../../../scripts/config/warnings.js'
import { rendered } from '../../support/variants/rendered-variants.js'
import { expectRefusal } from './refusal.js'

const ways = ['redirect', 'auto'] as const

function settings(options: Partial<ConfigOptions>) {
    return settingsFrom({ bucket: 'my-pypi', ...options }, () => ['10.0.0.2'])
}

describe.each(ways)('--delivery %s', (delivery) => {
    test.each<[options: Partial<ConfigOptions>, cause: string, cure: string, right: Partial<ConfigOptions>]>([
        [
            { signature: 'v2', endpointUrl: 'https://s3.example.com' },
            `--delivery ${delivery} needs signature version 4`,
            'Leave --signature out',
            { signature: 'v4' },
        ],
        [{ bucket: 'my.pypi' }, 'for which S3 has no certificate', 'Use --addressing path.', { addressing: 'path' }],
        [
            { endpointUrl: 'https://s3.example.com', serverName: ['s3.example.com'], htpasswd: '/etc/users' },
            'needs different host names',
            'Give the index another name',
            { serverName: ['pypi.example.com'] },
        ],
    ])('%j is refused', (options, cause, cure, right) => {
        expectRefusal(() => settings({ ...options, delivery }), cause, cure)
        expect(settings({ ...options, ...right, delivery }).delivery).toBe(delivery)
        expect(settings({ ...options, delivery: 'stream' }).delivery).toBe('stream')
    })

    test.each<[options: Partial<ConfigOptions>, warning: string | undefined]>([
        [{}, undefined],
        [{ endpointUrl: 'https://s3.example.com' }, undefined],
        [
            { endpointUrl: 'http://localhost:9000' },
            'clients on other machines cannot reach S3 at http://localhost:9000',
        ],
        [{ endpointUrl: 'http://127.0.0.1:9000', listen: ['127.0.0.1:80'] }, undefined],
        [{ endpointUrl: 'https://minio.storage.svc.cluster.local' }, 'clients outside of the cluster cannot reach S3'],
        [{ endpointUrl: 'https://minio:9000' }, 'clients outside of the cluster cannot reach S3'],
        [{ endpointUrl: 'http://s3.example.com' }, 'are not encrypted'],
        [{ caBundle: '/etc/ca.pem' }, 'the clients, too, must trust'],
        [{ allow: ['10.0.0.0/8'] }, 'S3 checks neither'],
    ])('%j: a warning', (options, warning) => {
        const found = warningsOf(settings({ ...options, delivery }), { bucket: 'my-pypi', ...options })
        if (warning === undefined) expect(found).toEqual([])
        else expect(found.join('\n')).toContain(warning)
        expect(warningsOf(settings(options), { bucket: 'my-pypi', ...options })).toEqual([])
    })
})

const file = (name: string, options: Partial<ConfigOptions>) =>
    rendered(options).find((each) => each.name === name)?.content

test('stream is the default, and loads nothing of redirects', () => {
    expect(rendered({})).toEqual(rendered({ delivery: 'stream' }))
    expect(file('presigned-url.js', {})).toBeUndefined()
    expect(file('maps.conf', {}) + file('locations.conf', {})!).not.toMatch(/presigned|pypi_delivery|S3 does not see/)
    // The twin.
    expect(file('presigned-url.js', { delivery: 'redirect' })).toBeDefined()
    expect(file('maps.conf', { delivery: 'redirect' })).toContain('pypi_delivery')
    expect(file('maps.conf', { delivery: 'redirect' })).not.toContain('$pypi_redirected')
    expect(file('maps.conf', { delivery: 'auto' })).toContain('$pypi_redirected')
})
