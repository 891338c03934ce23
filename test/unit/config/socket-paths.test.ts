import { expect, test } from 'vitest'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import { checkSocketPaths } from '../../../scripts/config/socket-paths.js'
import { expectRefusal } from './refusal.js'

const upload: Partial<ConfigOptions> = { upload: true, uploadAllow: ['127.0.0.1'] }

function check(options: Partial<ConfigOptions>, folder: string): void {
    checkSocketPaths(
        settingsFrom(
            { bucket: 'my-pypi', target: 'standalone', endpointUrl: 'http://127.0.0.1:9000', ...options },
            () => [],
        ),
        { folder },
    )
}

/** A path with this many bytes. */
const path = (length: number, character = 'x') =>
    '/' + character.repeat(Math.floor((length - 1) / Buffer.byteLength(character)))

// /temp-upload/upload.sock has 24 bytes, /pypi-private/signer.sock 25.
test.each<[name: string, options: Partial<ConfigOptions>, folder: string]>([
    ['the longest folder with uploads', upload, path(83)],
    ['the longest cache', { cache: path(82) }, '/srv'],
    ['the longest cache of Debian', { target: 'debian', cache: path(82) }, '/etc/nginx/nginx-s3-pypi'],
    ['a longer folder without uploads', {}, path(200)],
    ['a longer folder with a cache', { cache: '/var/cache/pypi' }, path(200)],
    ['uploads of Debian, which have a fixed folder', { ...upload, target: 'debian' }, path(200)],
    ['a container, which uses its loopback', { ...upload, target: 'docker', cache: path(200) }, path(200)],
])('%s', (_name, options, folder) => expect(() => check(options, folder)).not.toThrow())

test.each<[name: string, options: Partial<ConfigOptions>, folder: string, message: string, cure: string]>([
    ['a folder with uploads', upload, path(84), 'upload.sock', 'at most 83 bytes'],
    ['a folder of other letters', upload, path(85, 'é'), 'upload.sock', 'at most 83 bytes'],
    ['a cache', { cache: path(83) }, '/srv', `--cache ${path(83)} has`, 'at most 82 bytes'],
    ['a cache of Debian', { target: 'debian', cache: path(90) }, '/etc/nginx', 'signer.sock', 'at most 82 bytes'],
])('%s whose path is too long', (_name, options, folder, message, cure) =>
    expectRefusal(() => check(options, folder), message, cure),
)
