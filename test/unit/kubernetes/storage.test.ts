import { expect, test } from 'vitest'
import { settingsFrom } from '../../../scripts/config/settings.js'
import { storage } from '../../../scripts/kubernetes/storage.js'

function storageOf(cache?: string, cacheSize?: string) {
    const options = { ...(cache && { cache }), ...(cacheSize && { cacheSize }) }
    return storage(settingsFrom({ bucket: 'my-pypi', target: 'kubernetes', ...options }, () => []))
}

test.each([
    // The size, 256 MiB of pages, and what nginx may go beyond: 2 GiB, or a fifth.
    ['512m', 512 + 256 + 2048],
    ['1g', 1024 + 256 + 2048],
    ['1024k', 1 + 256 + 2048],
    ['9984m', (9984 + 256) * 1.2],
    ['100g', (102400 + 256) * 1.2],
])('a cache of %s', (size, room) => {
    const mebibytes = Math.ceil(room)
    expect(storageOf('/var/cache/nginx', size)).toEqual({
        tmp: '64Mi',
        cache: `${mebibytes}Mi`,
        request: { 'ephemeral-storage': `${mebibytes + 64}Mi` },
    })
})

test('pages of the public index have room, too', () => {
    const options = { target: 'kubernetes', cache: '/var/cache/nginx', cacheSize: '512m', public: true } as const
    const { cache } = storage(settingsFrom({ bucket: 'my-pypi', ...options }, () => []))
    expect(cache).toBe(`${512 + 256 + 2 * 2048 + 2048}Mi`)
})

test('a cache in /tmp has no volume of its own', () => {
    expect(storageOf('/tmp', '1g')).toEqual({
        tmp: '3392Mi',
        cache: undefined,
        request: { 'ephemeral-storage': '3392Mi' },
    })
})

test.each([
    // Four uploads of the largest size.
    ['1g', 4 * 1024],
    ['100m', 400],
    ['512k', 4],
])('bodies of uploads of %s have room on the disk', (uploadMaxSize, bodies) => {
    const options = { upload: true, uploadHtpasswd: '/etc/nginx/secrets/uploaders', uploadMaxSize } as const
    const settings = settingsFrom({ bucket: 'my-pypi', target: 'kubernetes', ...options }, () => [])
    expect(storage(settings)).toEqual({
        tmp: `${bodies + 64}Mi`,
        cache: undefined,
        request: { 'ephemeral-storage': `${bodies + 64}Mi` },
    })
})

test('without a cache next to nothing is written', () => {
    expect(storageOf()).toEqual({ tmp: '64Mi', cache: undefined, request: undefined })
})
