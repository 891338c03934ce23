/**
 * Reported: wheels that PyPI refuses since 2025 were accepted (members twice, another name in the local header, a RECORD that
 * lacks files); wheels that pip and uv install were refused as "not a whole zip archive" (trailing NULs, a back-slash); METADATA
 * that neither reads (a byte order mark, an empty first line) or only uv (Latin-1) was accepted.
 * Source: review of November 2026 (S13, U5). PyPI: https://docs.pypi.org/archives, warehouse/utils/zipfiles.py.
 * Right: "fine" is published; "unusual" is published with --accept-unusual, which pip and uv install (see
 * unusual-files-that-pip-and-uv-install.test.ts); "refused" is what one of them does not install, or not alike.
 */
import { expect, test } from 'vitest'
import { readDistribution } from '../../scripts/distribution/read-distribution.js'
import { oddWheel, oddWheels } from '../support/distributions/odd-wheels.js'
import { writeDistributions } from '../support/distributions/distributions.js'

/** What the wheel is, the verdict, and the words of it; ODD stands for the module. */
const verdicts: [string, 'fine' | 'unusual' | 'refused', string][] = [
    ['an ordinary one', 'fine', ''],
    ['trailing NULs', 'unusual', '700 NUL bytes follow the zip archive in it'],
    ['a trailing byte', 'refused', '1 bytes follow the zip archive in it'],
    ['trailing NULs and a byte', 'refused', '4 bytes follow the zip archive in it'],
    ['more trailing NULs than are looked through', 'refused', 'it ends in 65557 NUL bytes or more'],
    ['bytes before it', 'refused', '10 bytes precede the zip archive in it'],
    [
        'bytes before it, which offsets leave out',
        'refused',
        'it is not a whole zip archive: its central directory is not where its end record says: bytes were inserted before, in or after it',
    ],
    ['bytes between members', 'refused', '4 bytes lie between its members, before "ODD-1.0.dist-info/METADATA"'],
    ['NULs between members', 'refused', '8 bytes lie between its members, before "ODD-1.0.dist-info/METADATA"'],
    [
        'bytes before the central directory',
        'refused',
        '4 bytes lie between its members, before "the central directory"',
    ],
    [
        'bytes behind the central directory',
        'refused',
        'it is not a whole zip archive: its central directory is not where its end record says: bytes were inserted before, in or after it',
    ],
    ['a member twice, with the same content', 'unusual', 'its member "twice.py" is in it twice'],
    ['a member twice, with other content', 'refused', 'it has two members "twice.py" that are not the same'],
    ['a member twice, once as ./', 'refused', 'it has two members "./twice.py" that are not the same'],
    ['a folder twice', 'unusual', 'its member "folder/" is in it twice'],
    ['a folder', 'fine', ''],
    ['a folder with content', 'refused', 'its member "folder/" is a folder with content'],
    ['a file that is a folder', 'refused', 'its member "a" is both a file and a folder'],
    ['another name in a local header', 'refused', 'its member "central.py" is called "local_x.py" in its local header'],
    ['a member that only a local header has', 'refused', 'its central directory does not list its member "hidden.py"'],
    ['a member that only the central directory has', 'refused', 'it is not a whole zip archive: a member is truncated'],
    [
        'another size in a local header',
        'refused',
        'its member "ODD/__init__.py" has another size or checksum in its local header',
    ],
    [
        'another checksum in a local header',
        'refused',
        'its member "ODD/__init__.py" has another size or checksum in its local header',
    ],
    ['too small a size', 'refused', 'its member "ODD/__init__.py" unpacks to more than it says'],
    [
        'data descriptors',
        'unusual',
        '4 of its members (first: "ODD/__init__.py") have their sizes after their data (data descriptors)',
    ],
    [
        'a data descriptor of a stored member',
        'unusual',
        'its member "ODD/__init__.py" has its size after its data (a data descriptor)',
    ],
    ['a comment of a member', 'unusual', 'its member "ODD/__init__.py" has a comment'],
    ['a comment of the archive', 'fine', ''],
    [
        'an archive in the comment',
        'refused',
        'it is not a whole zip archive: its central directory is not where its end record says: bytes were inserted before, in or after it',
    ],
    [
        'an entry too many in the end record',
        'refused',
        'it is not a whole zip archive: it has 4 members, but its end record says 5',
    ],
    [
        'an entry too few in the end record',
        'refused',
        'it is not a whole zip archive: it has 4 members, but its end record says 3',
    ],
    ['two counts of entries', 'unusual', 'its end record has two different member counts'],
    [
        'a directory of another size',
        'refused',
        'it is not a whole zip archive: its central directory is not where its end record says: bytes were inserted before, in or after it',
    ],
    [
        'a directory elsewhere',
        'refused',
        'it is not a whole zip archive: its central directory is not where its end record says: bytes were inserted before, in or after it',
    ],
    [
        'two end records',
        'refused',
        'it is not a whole zip archive: its central directory is not where its end record says: bytes were inserted before, in or after it',
    ],
    ['a zip64 end', 'fine', ''],
    [
        'a zip64 end with another count',
        'refused',
        'it is not a whole zip archive: it has 4 members, but its end record says 5',
    ],
    [
        'a zip64 end with further data',
        'refused',
        'its zip64 end record has extra data, which readers interpret differently',
    ],
    [
        'a zip64 locator that points elsewhere',
        'refused',
        'it is not a whole zip archive: its zip64 end record is not where its locator says',
    ],
    [
        'broken extra fields',
        'unusual',
        'its member "ODD/__init__.py" has padding after its extra fields; its member "ODD/__init__.py" has padding after its local extra fields',
    ],
    ['broken local extra fields', 'unusual', 'its member "ODD/__init__.py" has padding after its local extra fields'],
    [
        'an unneeded zip64 field with other sizes',
        'refused',
        'its member "ODD/__init__.py" has another size in the zip64 field of its local header',
    ],
    ['two zip64 fields', 'refused', 'it is not a whole zip archive: a header has two zip64 fields'],
    ['an unknown extra field', 'fine', ''],
    ['the same name in a Unicode Path', 'fine', ''],
    ['another name in a Unicode Path', 'refused', 'its member "plain.py" has a second name'],
    ['another name in a local Unicode Path', 'refused', 'its member "plain.py" has a second name in its local header'],
    ['a control character in a name', 'refused', 'its member "a\\u0001b.py" has control characters in its name'],
    ['a zero-width joiner in a name', 'refused', 'its member "a\u200db.py" has control characters in its name'],
    ['a name without characters', 'refused', 'its member "" has no name'],
    ['a name in UTF-8', 'fine', ''],
    ['a name in UTF-8 that is not marked', 'refused', 'its member "é.txt" has a name that is not marked as UTF-8'],
    ['a name that is not UTF-8', 'refused', 'its member "e\ufffd.txt" has a name that is not UTF-8'],
    ['a back-slash in a name', 'unusual', 'its member "ODD\\\\data.txt" has a "\\" in its name'],
    ['a back-slash in a name, and in RECORD', 'unusual', 'its member "ODD\\\\data.txt" has a "\\" in its name'],
    ['a name that leads out', 'refused', 'its member "../evil.py" leads out of the archive'],
    ['a name that leads out and in', 'refused', 'its member "a/../b.py" leads out of the archive'],
    ['a name that leads out on Windows', 'refused', 'its member "..\\\\evil.py" leads out of the archive'],
    ['an absolute name', 'refused', 'its member "/tmp/evil-odd.py" leads out of the archive'],
    ['a name on a drive', 'refused', 'its member "C:\\\\evil.py" leads out of the archive'],
    ['a symbolic link', 'fine', ''],
    [
        'zstd members',
        'refused',
        'its member "ODD/__init__.py" is compressed with zstd, which pip reads only with Python 3.14 or later, but the wheel also allows older ones',
    ],
    ['zstd members, for Python 3.14', 'unusual', 'its member "ODD/__init__.py" is compressed with zstd'],
    [
        'zstd members, by Requires-Python for Python 3.14',
        'unusual',
        'its member "ODD/__init__.py" is compressed with zstd',
    ],
    [
        'bzip2 members',
        'refused',
        'its member "ODD/__init__.py" is compressed with bzip2, which pip and uv do not both support: use deflate',
    ],
    ['an encrypted member', 'refused', 'its member "ODD/__init__.py" is encrypted'],
    ['no RECORD', 'refused', 'it has no ODD-1.0.dist-info/RECORD'],
    ['a RECORD that lacks a file', 'unusual', 'its member "ODD/__init__.py" is not in its RECORD'],
    ['a RECORD that lacks METADATA', 'unusual', 'its member "ODD-1.0.dist-info/METADATA" is not in its RECORD'],
    ['a RECORD that lacks itself', 'unusual', 'its member "ODD-1.0.dist-info/RECORD" is not in its RECORD'],
    ['a RECORD that names a file in vain', 'unusual', 'its RECORD lists files that are missing (first: "absent.py")'],
    ['an empty RECORD', 'unusual', '4 of its members (first: "ODD/__init__.py") are not in its RECORD'],
    ['no WHEEL', 'refused', 'it has no ODD-1.0.dist-info/WHEEL'],
    ['no METADATA', 'refused', 'it has no ODD-1.0.dist-info/METADATA'],
    ['two .dist-info folders', 'refused', 'it has 2 .dist-info folders, and only one can be right'],
    ['Requires-Python >=3.6.*', 'unusual', 'its Requires-Python ">=3.6.*" is not valid (PEP 440)'],
    ['Requires-Python with a missing comma', 'unusual', 'its Requires-Python ">=3.6<4" is not valid (PEP 440)'],
    ['Requires-Python !=3.0*', 'unusual', 'its Requires-Python ">=2.7,!=3.0*" is not valid (PEP 440)'],
    ['Requires-Python !=~3.0', 'unusual', 'its Requires-Python ">=2.7,!=~3.0" is not valid (PEP 440)'],
    ['Requires-Python in quotes', 'unusual', 'its Requires-Python "\\">=3.6\\"" is not valid (PEP 440)'],
    ['Requires-Python with a trailing comma', 'fine', ''],
    ['Requires-Python with an empty part', 'fine', ''],
    ['Requires-Python that begins with a comma', 'fine', ''],
    ['Requires-Python ===3', 'fine', ''],
    [
        'Requires-Python of words',
        'unusual',
        'its Requires-Python "3.8 or so" is not valid (PEP 440), and is left out of the page',
    ],
    [
        'Requires-Python without an operator',
        'unusual',
        'its Requires-Python "3.6" is not valid (PEP 440), and is left out of the page',
    ],
    ['Requires-Python ~=3', 'unusual', 'its Requires-Python "~=3" is not valid (PEP 440), and is left out of the page'],
    ['METADATA with a BOM', 'refused', 'its metadata begins with a byte order mark, so installers find no fields'],
    [
        'METADATA that begins with an empty line',
        'refused',
        'its metadata begins with an empty line, which ends the fields',
    ],
    ['METADATA with Latin-1 in a field', 'refused', 'its metadata is not UTF-8'],
    ['METADATA with Latin-1 in the description', 'refused', 'its metadata is not UTF-8'],
    ['METADATA without Metadata-Version', 'fine', ''],
    ['METADATA with an unknown Metadata-Version', 'fine', ''],
    ['METADATA with CRLF', 'fine', ''],
    ['METADATA with CR', 'unusual', 'its metadata has lines that end in a carriage return alone'],
    ['METADATA with a CR in a field', 'unusual', 'its metadata has lines that end in a carriage return alone'],
    ['METADATA with a line that is no field', 'fine', ''],
    ['METADATA with Requires-Python behind a line that is no field', 'fine', ''],
    ['METADATA with a line that is no field before Version', 'refused', 'its metadata has no Version'],
    ['METADATA with a blank before the colon', 'refused', 'its metadata has no Name'],
    ['METADATA that begins with a folded line', 'unusual', 'its metadata begins with a line that is not a field'],
    ['METADATA that begins with From', 'unusual', 'its metadata begins with a line that is not a field'],
    ['METADATA with a NUL', 'fine', ''],
    ['METADATA with two Names', 'unusual', 'its metadata has 2 Name fields'],
    ['METADATA with two Requires-Python', 'unusual', 'its metadata has 2 Requires-Python fields'],
    ['METADATA with a broken Requires-Dist', 'fine', ''],
]

test.each(verdicts)('%s: %s', async (title, verdict, words) => {
    const { filename, bytes } = oddWheel('odd', oddWheels[title]!('odd'))
    const [path] = await writeDistributions({ filename, bytes })
    const said = async (acceptUnusual: boolean): Promise<[string, string]> => {
        try {
            const { oddities } = await readDistribution(path!, { acceptUnusual })
            return [oddities.length === 0 ? 'fine' : 'unusual', oddities.join('; ')]
        } catch (error) {
            return ['refused', (error as Error).message.replace(`${filename}: `, '')]
        }
    }
    const expected = words.replaceAll('ODD', 'odd')
    expect(await said(true)).toEqual([verdict, expected])
    expect(await said(false)).toEqual(verdict === 'fine' ? ['fine', ''] : ['refused', expected])
    expect(expected).not.toMatch(/not a whole.*(NUL|zstd|\\)/)
})

test('each wheel that is known has a verdict', () => {
    expect(verdicts.map(([title]) => title)).toEqual(Object.keys(oddWheels))
})

test('an unusual file is refused with the way around it, a broken one without', async () => {
    const read = async (title: string) => {
        const made = oddWheel('odd', oddWheels[title]!('odd'))
        const [path] = await writeDistributions(made)
        return readDistribution(path!).catch((error: unknown) => (error as { cure?: string }).cure)
    }
    expect(await read('trailing NULs')).toContain('--accept-unusual')
    expect(await read('a trailing byte')).not.toContain('--accept-unusual')
})
