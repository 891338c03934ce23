import { makeWheel, type Distribution, type WheelRecipe } from './distributions.js'
import { extraField, makeZip, unicodePath, type ZipMember } from './zip-archive.js'

/** The fault of a wheel. */
export type WheelFault = Partial<WheelRecipe>

/** A wheel with a fault, whose members are stored: a fault of theirs is then not also one of their compression. */
export function oddWheel(name: string, fault: WheelFault = {}): Distribution {
    return makeWheel({ name, version: '1.0', method: 0, ...fault })
}

const all = (change: Partial<ZipMember>) => (members: ZipMember[]) =>
    members.map((member) => ({ ...member, ...change }))
const first = (change: Partial<ZipMember>) => (members: ZipMember[]) =>
    members.map((member, position) => (position === 0 ? { ...member, ...change } : member))
const more =
    (...added: ZipMember[]) =>
    (members: ZipMember[]) => [...added, ...members]
const nuls = (count: number) => Buffer.alloc(count)
const metadataOf = (name: string, before = '', fields = '', text = 'A description.\n') =>
    `${before}Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n${fields}\n${text}`

/** What one installer or both take. By name: a project `odd-N` has the name in its metadata. */
export const oddWheels: Record<string, (name: string) => WheelFault> = {
    'an ordinary one': () => ({}),
    'trailing NULs': () => ({ archive: { suffix: nuls(700) } }),
    'a trailing byte': () => ({ archive: { suffix: Buffer.from('x') } }),
    'trailing NULs and a byte': () => ({ archive: { suffix: Buffer.from('\0\0\0x') } }),
    'more trailing NULs than are looked through': () => ({ archive: { suffix: nuls(70_000) } }),
    'bytes before it': () => ({ archive: { prefix: Buffer.from('#!/bin/sh\n') } }),
    'bytes before it, which offsets leave out': () => ({
        archive: { prefix: Buffer.from('#!/bin/sh\n'), prefixUncounted: true },
    }),
    'bytes between members': () => ({
        edit: (members) => members.map((m, i) => (i === 1 ? { ...m, gap: Buffer.from('gap!') } : m)),
    }),
    'NULs between members': () => ({
        edit: (members) => members.map((m, i) => (i === 1 ? { ...m, gap: nuls(8) } : m)),
    }),
    'bytes before the central directory': () => ({ archive: { beforeDirectory: Buffer.from('gap!') } }),
    'bytes behind the central directory': () => ({ archive: { afterDirectory: Buffer.from('gap!') } }),
    'a member twice, with the same content': () => ({
        edit: more({ name: 'twice.py', data: 'a = 1\n' }, { name: 'twice.py', data: 'a = 1\n' }),
    }),
    'a member twice, with other content': () => ({
        edit: more({ name: 'twice.py', data: 'a = 1\n' }, { name: 'twice.py', data: 'a = 2\n' }),
    }),
    'a member twice, once as ./': () => ({
        edit: more({ name: 'twice.py', data: 'a = 1\n' }, { name: './twice.py', data: 'a = 2\n' }),
    }),
    'a folder twice': () => ({ edit: more({ name: 'folder/', mode: 0o40755 }, { name: 'folder/', mode: 0o40755 }) }),
    'a folder': () => ({ edit: more({ name: 'folder/', mode: 0o40755 }) }),
    'a folder with content': () => ({ edit: more({ name: 'folder/', data: 'content', mode: 0o40755 }) }),
    'a file that is a folder': () => ({ edit: more({ name: 'a', data: 'x' }, { name: 'a/b.py', data: 'x' }) }),
    'another name in a local header': () => ({
        edit: more({ name: 'central.py', localName: 'local_x.py', data: 'a = 1\n' }),
    }),
    'a member that only a local header has': () => ({
        edit: more({ name: 'hidden.py', data: 'a = 1\n', only: 'local' }),
    }),
    'a member that only the central directory has': () => ({
        edit: (members) => [...members, { name: 'ghost.py', data: '', only: 'central' }],
        record: (paths) => paths.filter((path) => path !== 'ghost.py'),
    }),
    'another size in a local header': () => ({ edit: first({ localSize: 5 }) }),
    'another checksum in a local header': () => ({ edit: first({ localCrc: 5 }) }),
    'too small a size': () => ({ edit: first({ size: 5 }) }),
    'data descriptors': () => ({ edit: all({ descriptor: true, method: 8 }) }),
    'a data descriptor of a stored member': () => ({ edit: first({ descriptor: true }) }),
    'a comment of a member': () => ({ edit: first({ comment: 'why' }) }),
    'a comment of the archive': () => ({ archive: { comment: Buffer.from('made by hand') } }),
    'an archive in the comment': () => ({ archive: { comment: makeZip([{ name: 'x', data: 'x' }]) } }),
    'an entry too many in the end record': () => ({ archive: { moreEntries: 1 } }),
    'an entry too few in the end record': () => ({ archive: { moreEntries: -1 } }),
    'two counts of entries': () => ({ archive: { moreEntries: 0, moreEntriesOnDisk: 1 } }),
    'a directory of another size': () => ({ archive: { moreSize: -10 } }),
    'a directory elsewhere': () => ({ archive: { moreOffset: 4 } }),
    'two end records': () => ({ archive: { suffix: makeZip([]) } }),
    'a zip64 end': () => ({ archive: { zip64: true } }),
    'a zip64 end with another count': () => ({ archive: { zip64: true, zip64MoreEntries: 1 } }),
    'a zip64 end with further data': () => ({ archive: { zip64: true, zip64Extensible: Buffer.from('more') } }),
    'a zip64 locator that points elsewhere': () => ({ archive: { zip64: true, zip64LocatorOffset: 3 } }),
    'broken extra fields': () => ({ edit: first({ extra: Buffer.from('abc') }) }),
    'broken local extra fields': () => ({ edit: first({ localExtra: Buffer.from('abc') }) }),
    'an unneeded zip64 field with other sizes': () => ({
        edit: first({ localExtra: extraField(1, Buffer.alloc(16, 1)), extra: Buffer.alloc(0) }),
    }),
    'two zip64 fields': () => ({
        edit: first({ extra: Buffer.concat([extraField(1, nuls(0)), extraField(1, nuls(0))]) }),
    }),
    'an unknown extra field': () => ({ edit: first({ extra: extraField(0x9999, Buffer.from('hello')) }) }),
    'the same name in a Unicode Path': () => ({
        edit: more({ name: 'plain.py', data: 'a = 1\n', extra: unicodePath('plain.py', 'plain.py') }),
    }),
    'another name in a Unicode Path': () => ({
        edit: more({ name: 'plain.py', data: 'a = 1\n', extra: unicodePath('other.py', 'plain.py') }),
    }),
    'another name in a local Unicode Path': () => ({
        edit: more({
            name: 'plain.py',
            data: 'a = 1\n',
            extra: Buffer.alloc(0),
            localExtra: unicodePath('other.py', 'plain.py'),
        }),
    }),
    'a control character in a name': () => ({ edit: more({ name: 'a\x01b.py', data: 'a = 1\n' }) }),
    'a zero-width joiner in a name': () => ({ edit: more({ name: 'a\u200db.py', data: 'a = 1\n' }) }),
    'a name without characters': () => ({
        edit: more({ name: '', data: 'a = 1\n' }),
        record: (paths) => paths.filter(Boolean),
    }),
    'a name in UTF-8': () => ({ edit: more({ name: 'é日本.py', data: 'a = 1\n' }) }),
    'a name in UTF-8 that is not marked': () => ({
        edit: more({ name: Buffer.from('é.txt'), data: 'a = 1\n' }),
        record: (paths) => paths,
    }),
    'a name that is not UTF-8': () => ({
        edit: more({ name: Buffer.from('e\xe9.txt', 'latin1'), data: 'a = 1\n' }),
        record: (paths) => paths.slice(1),
    }),
    'a back-slash in a name': (name) => ({
        edit: more({ name: `${name.replaceAll('-', '_')}\\data.txt`, data: 'x' }),
        record: (paths) => paths.map((path) => path.replaceAll('\\', '/')),
    }),
    'a back-slash in a name, and in RECORD': (name) => ({
        edit: more({ name: `${name.replaceAll('-', '_')}\\data.txt`, data: 'x' }),
    }),
    'a name that leads out': () => ({ edit: more({ name: '../evil.py', data: 'x' }) }),
    'a name that leads out and in': () => ({ edit: more({ name: 'a/../b.py', data: 'x' }) }),
    'a name that leads out on Windows': () => ({ edit: more({ name: '..\\evil.py', data: 'x' }) }),
    'an absolute name': () => ({ edit: more({ name: '/tmp/evil-odd.py', data: 'x' }) }),
    'a name on a drive': () => ({ edit: more({ name: 'C:\\evil.py', data: 'x' }) }),
    'a symbolic link': () => ({ edit: more({ name: 'link.py', data: 'a.py', mode: 0o120777 }) }),
    'zstd members': () => ({ edit: first({ method: 93 }) }),
    'zstd members, for Python 3.14': () => ({ tag: 'py314-none-any', edit: first({ method: 93 }) }),
    'zstd members, by Requires-Python for Python 3.14': () => ({
        requiresPython: '>=3.14',
        edit: first({ method: 93 }),
    }),
    'bzip2 members': () => ({ edit: first({ method: 12 }) }),
    'an encrypted member': () => ({ edit: first({ flags: 1 }) }),
    'no RECORD': () => ({ edit: (members) => members.slice(0, -1) }),
    'a RECORD that lacks a file': (name) => ({
        record: (paths) => paths.filter((path) => path !== `${name.replaceAll('-', '_')}/__init__.py`),
    }),
    'a RECORD that lacks METADATA': () => ({ record: (paths) => paths.filter((path) => !path.endsWith('METADATA')) }),
    'a RECORD that lacks itself': () => ({ record: (paths) => paths.filter((path) => !path.endsWith('RECORD')) }),
    'a RECORD that names a file in vain': () => ({ record: (paths) => [...paths, 'absent.py'] }),
    'an empty RECORD': () => ({ record: () => [] }),
    'no WHEEL': () => ({ edit: (members) => members.filter(({ name }) => !String(name).endsWith('WHEEL')) }),
    'no METADATA': () => ({ edit: (members) => members.filter(({ name }) => !String(name).endsWith('METADATA')) }),
    'two .dist-info folders': () => ({ edit: more({ name: 'other-2.0.dist-info/top_level.txt', data: 'x' }) }),
    'Requires-Python >=3.6.*': () => ({ requiresPython: '>=3.6.*' }),
    'Requires-Python with a missing comma': () => ({ requiresPython: '>=3.6<4' }),
    'Requires-Python !=3.0*': () => ({ requiresPython: '>=2.7,!=3.0*' }),
    'Requires-Python !=~3.0': () => ({ requiresPython: '>=2.7,!=~3.0' }),
    'Requires-Python in quotes': () => ({ requiresPython: '">=3.6"' }),
    'Requires-Python with a trailing comma': () => ({ requiresPython: '>=3.6,' }),
    'Requires-Python with an empty part': () => ({ requiresPython: '>=3.6,,<5' }),
    'Requires-Python that begins with a comma': () => ({ requiresPython: ',>=3.6' }),
    'Requires-Python ===3': () => ({ requiresPython: '!=3.5,===whatever' }),
    'Requires-Python of words': () => ({ requiresPython: '3.8 or so' }),
    'Requires-Python without an operator': () => ({ requiresPython: '3.6' }),
    'Requires-Python ~=3': () => ({ requiresPython: '~=3' }),
    'METADATA with a BOM': (name) => ({ metadata: metadataOf(name, '\ufeff') }),
    'METADATA that begins with an empty line': (name) => ({ metadata: metadataOf(name, '\n') }),
    'METADATA with Latin-1 in a field': (name) => ({
        metadata: Buffer.from(metadataOf(name, '', 'Author: Andr\xe9\n'), 'latin1'),
    }),
    'METADATA with Latin-1 in the description': (name) => ({
        metadata: Buffer.from(metadataOf(name, '', '', 'Andr\xe9\n'), 'latin1'),
    }),
    'METADATA without Metadata-Version': (name) => ({ metadata: `Name: ${name}\nVersion: 1.0\n\nText\n` }),
    'METADATA with an unknown Metadata-Version': (name) => ({
        metadata: `Metadata-Version: 9.9\nName: ${name}\nVersion: 1.0\n\nText\n`,
    }),
    'METADATA with CRLF': (name) => ({ metadata: metadataOf(name).replaceAll('\n', '\r\n') }),
    'METADATA with CR': (name) => ({ metadata: metadataOf(name).replaceAll('\n', '\r') }),
    'METADATA with a CR in a field': (name) => ({ metadata: metadataOf(name, '', 'Author: a\rLicense: b\n') }),
    'METADATA with a line that is no field': (name) => ({
        metadata: metadataOf(name, '', 'License: MIT\nand more\nAuthor: x\n'),
    }),
    'METADATA with Requires-Python behind a line that is no field': (name) => ({
        metadata: metadataOf(name, '', 'License: MIT\nand more\nRequires-Python: >=99\n'),
    }),
    'METADATA with a line that is no field before Version': (name) => ({
        metadata: `Metadata-Version: 2.1\nName: ${name}\nand more\nVersion: 1.0\n\n`,
    }),
    'METADATA with a blank before the colon': (name) => ({
        metadata: `Metadata-Version: 2.1\nName : ${name}\nVersion: 1.0\n\n`,
    }),
    'METADATA that begins with a folded line': (name) => ({ metadata: metadataOf(name, ' folded\n') }),
    'METADATA that begins with From': (name) => ({ metadata: metadataOf(name, 'From me Thu Jan 1 1970\n') }),
    'METADATA with a NUL': (name) => ({ metadata: metadataOf(name, '', 'Author: a\0b\n') }),
    'METADATA with two Names': (name) => ({ metadata: metadataOf(name, '', 'Name: other\n') }),
    'METADATA with two Requires-Python': (name) => ({
        metadata: metadataOf(name, '', 'Requires-Python: >=3\nRequires-Python: >=2\n'),
    }),
    'METADATA with a broken Requires-Dist': (name) => ({ metadata: metadataOf(name, '', 'Requires-Dist: acme (>=\n') }),
}
