import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readDistribution } from '../../../scripts/distribution/read-distribution.js'
import {
    makeSdist,
    makeWheel,
    sdistFile,
    tarball,
    wheelFile,
    writeDistributions,
} from '../../support/distributions/distributions.js'
import { makeZip } from '../../support/distributions/zip-archive.js'

const acme = { name: 'acme', version: '1.0' }
const metadata = (name: string, version: string) => `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`

test.each([
    ['a plain wheel', { ...acme }, 'acme', '1.0'],
    ['a local version', { name: 'acme', version: '1.0+cu121.ubuntu-1' }, 'acme', '1.0+cu121.ubuntu.1'],
    ['an epoch', { name: 'acme', version: '1!2.0' }, 'acme', '1!2.0'],
    ['dots and capitals', { name: 'Zope.Interface', version: '5.0' }, 'zope-interface', '5.0'],
    [
        'an unescaped name, as old builders wrote it',
        { name: 'Zope.Interface', version: '5.0', escapedName: 'Zope.Interface' },
        'zope-interface',
        '5.0',
    ],
    ['a build number', { ...acme, build: '1abc' }, 'acme', '1.0'],
    [
        'several tags',
        { ...acme, tag: 'cp310.cp311-abi3.none-manylinux_2_17_x86_64.manylinux2014_x86_64' },
        'acme',
        '1.0',
    ],
    ['a name of 200 characters', { name: 'a'.repeat(200), version: '1.0' }, 'a'.repeat(200), '1.0'],
    [
        'a version that is written in another way',
        { name: 'acme', version: '1.0', metadata: metadata('Acme', '1.0.0') },
        'acme',
        '1.0.0',
    ],
])('a wheel is read: %s', async (_name, recipe, project, version) => {
    expect(await readDistribution(await wheelFile(recipe))).toMatchObject({ project, version })
})

test('the fields that an index needs are read from METADATA, not from its body', async () => {
    const read = await readDistribution(
        await wheelFile({ ...acme, requiresPython: '>=3.8, !=3.9.*', summary: '日本 é' }),
    )
    expect(read.requiresPython).toBe('>=3.8, !=3.9.*')
    expect(read.metadata!.toString('utf8')).toContain('Summary: 日本 é')
    expect(read.sha256).toMatch(/^[0-9a-f]{64}$/)
})

test('a folded field is one line', async () => {
    const folded = metadata('acme', '1.0') + 'Requires-Python: >=3.8,\n    <4\n'
    expect((await readDistribution(await wheelFile({ ...acme, metadata: folded }))).requiresPython).toBe('>=3.8, <4')
})

test.each([
    ['.tar.gz', 'tar.gz', acme],
    ['.zip', 'zip', acme],
    [
        'an unescaped name with hyphens',
        'tar.gz',
        { name: 'My-Project', version: '1.0.post1', escapedName: 'My-Project' },
    ],
] as const)('an sdist is read: %s', async (_name, format, recipe) => {
    const [path] = await writeDistributions(await makeSdist(recipe, format))
    const read = await readDistribution(path!)
    expect(read).toMatchObject({ project: recipe.name.toLowerCase(), version: recipe.version })
    expect(read.metadata).toBeUndefined()
})

test.each([
    [
        'a name that is another project',
        { ...acme, metadata: metadata('other', '1.0') },
        'does not match its metadata: other 1.0',
    ],
    ['another version', { ...acme, metadata: metadata('acme', '1.1') }, 'does not match its metadata: acme 1.1'],
    ['another local version', { ...acme, metadata: metadata('acme', '1.0+x') }, 'does not match its metadata'],
    [
        'a version that is not PEP 440',
        { ...acme, metadata: metadata('acme', '1.0-final-2') },
        'Version "1.0-final-2" is not valid (PEP 440)',
    ],
    ['a name that is none', { ...acme, metadata: metadata('../acme', '1.0') }, 'cannot be the name of a project'],
    ['a name that is not ASCII', { ...acme, metadata: metadata('äcme', '1.0') }, 'cannot be the name of a project'],
    ['a Requires-Python that is no specifier', { ...acme, requiresPython: '3.8 or so' }, 'Requires-Python "3.8 or so"'],
    ['no Name', { ...acme, metadata: 'Version: 1.0\n' }, 'has no Name'],
    ['no Version', { ...acme, metadata: 'Name: acme\n' }, 'has no Version'],
    ['two Names', { ...acme, metadata: metadata('acme', '1.0') + 'NAME: other\n' }, '2 Name fields'],
    ['no METADATA', { ...acme, members: { 'acme-1.0.dist-info/METADATA': null } }, 'no acme-1.0.dist-info/METADATA'],
    ['no WHEEL', { ...acme, members: { 'acme-1.0.dist-info/WHEEL': null } }, 'no acme-1.0.dist-info/WHEEL'],
    ['two METADATA', { ...acme, members: { 'other-2.0.dist-info/METADATA': 'Name: other' } }, '2 .dist-info folders'],
    ['a project that is called as an address of the index', { name: 'Simple', version: '1.0' }, 'called "simple"'],
])('a wheel is refused: %s', async (_name, recipe, message) => {
    await expect(readDistribution(await wheelFile(recipe))).rejects.toThrow(message)
})

test('a wheel is refused: a METADATA folder of another project', async () => {
    const { bytes } = makeWheel({ name: 'other', version: '1.0', metadata: metadata('acme', '1.0') })
    const [path] = await writeDistributions({ filename: 'acme-1.0-py3-none-any.whl', bytes })
    await expect(readDistribution(path!)).rejects.toThrow('other-1.0.dist-info does not match acme 1.0')
})

test('a wheel is refused: one member METADATA twice', async () => {
    const { bytes } = makeWheel({ ...acme, members: { 'acme-1.0.dist-info/METADATB': 'Name: other' } })
    const twice = replaced(bytes, 'METADATB', 'METADATA')
    const [path] = await writeDistributions({ filename: 'acme-1.0-py3-none-any.whl', bytes: twice })
    await expect(readDistribution(path!)).rejects.toThrow(
        'it has two members "acme-1.0.dist-info/METADATA" that are not the same',
    )
})

test.each(['../../evil.py', '/etc/evil.py1', 'C:\\evil.py11'])('a wheel is refused: a member %s', async (member) => {
    const harmless = 'x'.repeat(member.length)
    const { bytes } = makeWheel({ ...acme, members: { [harmless]: 'evil' } })
    const [path] = await writeDistributions({
        filename: 'acme-1.0-py3-none-any.whl',
        bytes: replaced(bytes, harmless, member),
    })
    await expect(readDistribution(path!)).rejects.toThrow('leads out of the archive')
})

test.each([
    ['no zip at all', () => Buffer.from('<html>Not Found</html>')],
    ['empty', () => Buffer.alloc(0)],
    ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['cut at its beginning', (bytes: Buffer) => bytes.subarray(40)],
])('a wheel is refused: %s', async (_name, broken) => {
    const { filename, bytes } = makeWheel({ ...acme, ballast: 5000 })
    const [path] = await writeDistributions({ filename, bytes: broken(bytes) })
    await expect(readDistribution(path!)).rejects.toThrow(`${filename}: it is not a whole zip archive`)
})

test('a wheel is refused: a METADATA that unpacks to more than any metadata', async () => {
    const bomb = metadata('acme', '1.0') + '\n' + ' '.repeat(20_000_000)
    await expect(readDistribution(await wheelFile({ ...acme, metadata: bomb }))).rejects.toThrow(
        'too large for metadata',
    )
})

test('a wheel is refused: a METADATA that unpacks to more than it says', async () => {
    const bomb = Buffer.from(metadata('acme', '1.0') + '\n' + ' '.repeat(20_000_000))
    const { filename, bytes } = makeWheel({ ...acme, metadata: bomb })
    const claimed = Buffer.alloc(4)
    claimed.writeUInt32LE(bomb.length)
    const lie = Buffer.alloc(4)
    lie.writeUInt32LE(100)
    const [path] = await writeDistributions({ filename, bytes: replaced(bytes, claimed, lie) })
    await expect(readDistribution(path!)).rejects.toThrow(
        'its member "acme-1.0.dist-info/METADATA" unpacks to more than it says',
    )
})

test.each([
    ['no PKG-INFO', { ...acme, members: { 'acme-1.0/PKG-INFO': null } }, 'it has no NAME-VERSION/PKG-INFO'],
    [
        'two PKG-INFO',
        { ...acme, members: { 'other-1.0/PKG-INFO': 'Name: other' } },
        'in 2 places instead of one top folder: "acme-1.0", "other-1.0"',
    ],
    ['another version', { ...acme, metadata: metadata('acme', '2.0') }, 'does not match its metadata: acme 2.0'],
    ['a member that leads out', { ...acme, members: { 'acme-1.0/../../evil.py': 'x' } }, 'leads out of the archive'],
    ['an absolute member', { ...acme, members: { '/etc/evil': 'x' } }, 'leads out of the archive'],
])('an sdist is refused: %s', async (_name, recipe, message) => {
    await expect(readDistribution(await sdistFile(recipe))).rejects.toThrow(message)
})

test('an sdist is refused: cut anywhere', async () => {
    const { filename, bytes } = await makeSdist({ ...acme, members: { 'acme-1.0/data': 'é'.repeat(5000) } })
    for (const length of [0, 10, bytes.length - 5, bytes.length >> 1]) {
        const [path] = await writeDistributions({ filename, bytes: bytes.subarray(0, length) })
        await expect(readDistribution(path!), `${length} bytes`).rejects.toThrow(filename)
    }
})

test('an sdist is refused: no archive', async () => {
    const [path] = await writeDistributions({ filename: 'acme-1.0.tar.gz', bytes: Buffer.from('<html>') })
    await expect(readDistribution(path!)).rejects.toThrow('not a whole .tar.gz archive')
})

test.each([
    'acme-1.0.egg',
    'acme-1.0.exe',
    'acme',
    'acme-1.0.tar.bz2',
    'README.md',
    'acme-1.0-py3-none-any.whl.metadata',
])('%s is neither a wheel nor an sdist', async (filename) => {
    const [path] = await writeDistributions({ filename, bytes: makeZip([{ name: 'x', data: 'x' }]) })
    await expect(readDistribution(path!)).rejects.toThrow('neither a wheel nor an sdist')
})

test.each([
    'acme-1.0-py3-none.whl',
    'acme-1.0.whl',
    'acme 1.0-py3-none-any.whl',
    'äcme-1.0-py3-none-any.whl',
    "acme-1.0-py3-none-any'~.whl",
    'acme-1.0%2Bx-py3-none-any.whl',
    'acme-1.0-b1-py3-none-any.whl',
])('%s is not how a wheel is called', async (filename) => {
    const { bytes } = makeWheel(acme)
    const [path] = await writeDistributions({ filename, bytes })
    await expect(readDistribution(path!)).rejects.toThrow('its name does not match its metadata')
})

test('a file that does not exist is a fault of no archive', async () => {
    const [path] = await writeDistributions({ filename: 'acme-1.0.tar.gz', bytes: await tarball([]) })
    await expect(readDistribution(path + '.tar.gz')).rejects.toThrow('ENOENT')
    await writeFile(path!, '')
    await expect(readDistribution(path!)).rejects.toThrow('not a whole')
})

/** Replaces bytes by as many others. */
function replaced(bytes: Buffer, from: string | Buffer, to: string | Buffer): Buffer {
    const result = Buffer.from(bytes)
    let found = 0
    for (let at = result.indexOf(from); at >= 0; at = result.indexOf(from, at + to.length)) {
        Buffer.from(to as string).copy(result, at)
        found++
    }
    expect(found).toBeGreaterThan(0)
    return result
}
