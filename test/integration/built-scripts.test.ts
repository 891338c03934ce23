import { render } from '../../scripts/config/render.js'
import { settingsFrom } from '../../scripts/config/settings.js'
import { trustedPublishing } from '../support/variants/config-variants.js'
import { expect, test } from 'vitest'
import type { ConfigOptions } from '../../scripts/config/option-table.js'
import { rendered } from '../support/variants/rendered-variants.js'

function script(name: string, options: Partial<ConfigOptions>): string | undefined {
    return rendered({ nginxVersion: '1.30.4', ...options }).find((file) => file.name === name)?.content
}

test('static keys are signed with by the same script as before, without anything in the background', () => {
    expect(script('nginx-s3-pypi.js', {})).not.toMatch(/Promise|readFileSync|s3_credentials\b/)
    expect(script('refresh-credentials.js', {})).toBeUndefined()
})

test('the twin: a provider is asked in the background', () => {
    expect(script('nginx-s3-pypi.js', { credentials: 'ecs' })).toMatch(/s3_credentials\b/)
    expect(script('refresh-credentials.js', { credentials: 'ecs' })).toContain('async function refresh')
})

test('with all options together, the folder fits into a ConfigMap of Kubernetes', () => {
    const secrets = '/etc/nginx/secrets'
    const settings = settingsFrom(
        {
            ...{
                bucket: 'my-pypi',
                target: 'kubernetes',
                nginxVersion: '1.30.4',
                cache: '/var/cache/nginx',
                stale: true,
            },
            ...{
                tlsCert: `${secrets}/cert`,
                tlsKey: `${secrets}/key`,
                htpasswd: `${secrets}/readers`,
                readTokens: true,
            },
            ...{ upload: true, uploadHtpasswd: `${secrets}/uploaders`, ...trustedPublishing },
            ...{ fallback: true, private: ['acme-*'], delivery: 'auto', allow: ['10.0.0.0/8'] },
            ...{ credentials: 'web-identity', serviceAccountRole: 'arn:aws:iam::123456789012:role/x' },
        },
        () => ['127.0.0.1'],
    )
    const files = render(settings, { folder: '/etc/nginx/nginx-s3-pypi', command: 'generate-config' })
    const size = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
    // 1 MiB in all: @see Kubernetes, ConfigMaps, "Motivation". Names and labels take a little.
    expect(size).toBeLessThan(1000 * 1024)
    // With the built scripts.
    expect(size).toBeGreaterThan(500 * 1024)
})
