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
