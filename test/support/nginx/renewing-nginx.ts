import { describe, expect, test } from 'vitest'
import type { CredentialsOptions } from '../../../scripts/config/credentials.js'
import { nginxFeatures } from '../../../scripts/nginx/nginx-version.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import { jsEngineUnderTest, nginxUnderTest } from './nginx-under-test.js'

const { version } = await nginxUnderTest()
const engine = jsEngineUnderTest()

/** Whether the nginx under test can renew sessions in the background. */
export const canRenew = nginxFeatures(version).periodic && (engine !== 'qjs' || nginxFeatures(version).quickJsFetch)

/**
 * Tests of sessions that are renewed. An nginx that cannot do it has one test instead: that the generator says so.
 *
 * @param credentials what the tests ask of the generator
 */
export function describeRenewal(name: string, credentials: CredentialsOptions, body: () => void): void {
    if (canRenew) {
        describe(name, body)
        return
    }
    test(`${name}: nginx ${version} is refused`, () => {
        const options = {
            bucket: 'my-pypi',
            nginxVersion: version,
            ...(engine && { jsEngine: engine }),
            ...credentials,
        }
        expect(() => settingsFrom(options, () => ['127.0.0.1'])).toThrow(/ needs (?:nginx 1\.25\.3|njs 0\.9\.1)/)
    })
}
