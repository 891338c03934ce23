import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLock } from '../../../scripts/mirror/lock-file.js'
import { temporaryFolder } from '../../support/machine/temporary-folder.js'

const hex = 'ab'.repeat(32)
const wheel = 'acme_tools-1.0-py3-none-any.whl'
const digests = [{ algorithm: 'sha256', hex }]

async function read(text: string) {
    const path = join(await temporaryFolder(), 'a.lock')
    await writeFile(path, text)
    const { wanted, leftOut } = await readLock(path)
    const shown = (line: string) => line.replace(path, 'a.lock')
    return { wanted: wanted.map((each) => ({ ...each, where: shown(each.where) })), leftOut: leftOut.map(shown) }
}

const locks: [string, string, Record<string, unknown>][] = [
    [
        'uv',
        `version = 1
revision = 3
[[package]]
name = "acme-tools"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.example/x/acme_tools-1.0.tar.gz", hash = "sha256:${hex}", size = 1, upload-time = "2024-11-08T17:25:47.4Z" }
wheels = [{ url = "https://files.example/x/acme_tools-1.0%2Bcu12-py3-none-any.whl#frag", hash = "sha256:${hex}" }]
[[package]]
name = "demo"
version = "0"
source = { virtual = "." }
[[package]]
name = "other"
version = "0"
source = { git = "https://github.com/x/y?rev=1#abc" }
`,
        {
            files: [
                { filename: 'acme_tools-1.0+cu12-py3-none-any.whl', digests },
                { filename: 'acme_tools-1.0.tar.gz', digests, uploadTime: '2024-11-08T17:25:47.400000Z' },
            ],
            leftOut: ['a.lock: other comes from a repository, not from an index'],
        },
    ],
    [
        'pylock.toml',
        `lock-version = "1.0"
created-by = "x"
[[packages]]
name = "Acme.Tools"
version = "1.0"
sdist = { name = "acme-tools-1.0.tar.gz", url = "https://files.example/x/Acme.Tools-1.0.tar.gz#a", hashes = { sha256 = "${hex}" } }
wheels = [{ name = "${wheel}", url = "https://files.example/x", upload-time = 2024-11-08T17:25:46Z, hashes = { sha256 = "${hex}", md5 = "${'c'.repeat(32)}" } }]
[[packages]]
name = "other"
archive = { url = "https://example.com/other.zip", hashes = { sha256 = "${hex}" } }
`,
        {
            files: [
                {
                    filename: wheel,
                    digests: [...digests, { algorithm: 'md5', hex: 'c'.repeat(32) }],
                    uploadTime: '2024-11-08T17:25:46.000000Z',
                },
                { filename: 'Acme.Tools-1.0.tar.gz', digests },
            ],
            leftOut: ['a.lock: other comes from a URL, not from an index'],
        },
    ],
    [
        'poetry 2',
        `[[package]]
name = "acme-tools"
version = "1.0"
files = [{ file = "${wheel}", hash = "sha256:${hex}" }]
[[package]]
name = "other"
version = "1"
files = []
[package.source]
type = "git"
url = "https://example.com"
[metadata]
lock-version = "2.1"
`,
        {
            files: [{ filename: wheel, digests }],
            leftOut: ['a.lock: other comes from a repository, not from an index'],
        },
    ],
    [
        'poetry 1.1, with a source',
        `[[package]]
name = "acme-tools"
version = "1.0"
[package.source]
type = "legacy"
url = "https://private.example/simple"
[metadata]
lock-version = "1.1"
[metadata.files]
acme-tools = [{ file = "${wheel}", hash = "sha256:${hex}" }]
`,
        { files: [{ filename: wheel, digests }], leftOut: [] },
    ],
    [
        'pdm with URLs',
        `[metadata]
lock_version = "4.5.0"
[[package]]
name = "acme-tools"
version = "1.0"
files = [{ url = "https://files.example/x/${wheel}", hash = "sha256:${hex}" }]
[[package]]
name = "local"
version = "1.0"
path = "./local"
`,
        { files: [{ filename: wheel, digests }], leftOut: ['a.lock: local comes from a path, not from an index'] },
    ],
    [
        'Pipfile.lock',
        JSON.stringify({
            _meta: { hash: {}, 'pipfile-spec': 6 },
            default: { 'acme-tools': { hashes: [`sha256:${hex}`], version: '==1.0', index: 'x' } },
            develop: { other: { git: 'https://example.com', ref: 'x' } },
        }),
        { digests, leftOut: ['a.lock: other comes from a repository, not from an index'] },
    ],
]

test.each(locks)('%s', async (_name, text, { leftOut, ...expected }) => {
    const wishes = await read(text)
    expect(wishes.leftOut).toEqual(leftOut)
    expect(wishes.wanted).toEqual([
        expect.objectContaining({ project: 'acme-tools', specifierText: '==1.0', where: 'a.lock', ...expected }),
    ])
})

test.each([
    ['uv', 0, 'https://pypi.org/simple', 2],
    ['pylock.toml without an index', 1, undefined, 2],
    ['poetry, from PyPI', 2, undefined, 0],
    ['poetry', 3, 'https://private.example/simple', 0],
    ['pdm with URLs', 4, undefined, 1],
    ['Pipfile.lock with an index that it does not describe', 5, 'x', 0],
])('where %s has a package from', async (_name, lock, index, urls) => {
    const { origin } = (await read(locks[lock]![1])).wanted[0]!
    expect([origin?.index, origin?.urls.length]).toEqual([index, urls])
})

test('the sources of Pipfile.lock: the first is that of packages without one', async () => {
    const sources = [
        { name: 'corp', url: 'https://pypi.corp/simple' },
        { name: 'pypi', url: 'https://pypi.org/simple' },
    ]
    const { wanted } = await read(
        JSON.stringify({
            _meta: { sources },
            default: { a: { version: '==1' }, b: { version: '==1', index: 'pypi' } },
        }),
    )
    expect(wanted.map(({ origin }) => origin?.index)).toEqual(['https://pypi.corp/simple', 'https://pypi.org/simple'])
})

test.each(locks)('%s with a byte order mark', async (_name, text) => {
    expect(await read(`\ufeff${text}`)).toEqual(await read(text))
})

test.each([
    ['a lock of the future', 'version = 2\n[[package]]\nname = "a"\n', 'version 2; 1 is known'],
    ['another TOML', '[project]\nname = "x"\n', 'is not a lock file'],
    ['requirements', 'acme==1.0\n', 'neither TOML nor JSON'],
    ['a cut file', 'version = 1\n[[package]]\nname = "a', 'neither TOML nor JSON'],
    ['another JSON', '{"lockfileVersion": 3}', 'is not a lock file'],
    ['no version', 'version = 1\n[[package]]\nname = "a"\nsource = { registry = "https://x/" }\n', 'has no version'],
])('%s is refused', async (_name, text, message) => {
    await expect(read(text)).rejects.toThrow(message)
})

test('a missing file is refused by name', async () => {
    await expect(readLock('/nowhere/uv.lock')).rejects.toThrow('/nowhere/uv.lock cannot be read (ENOENT)')
})
