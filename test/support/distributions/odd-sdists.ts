import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack, type Header } from 'tar-stream'
import type { Distribution } from './distributions.js'

/** A member of a tar archive. */
export type TarMember = Partial<Header> & { name: string; data?: string }

/** An sdist with a fault. */
export interface OddSdist {
    /** Before each name. Default: the top folder. */
    top?: string
    /** Changes the members; they begin with PKG-INFO and setup.py. */
    edit?: (members: TarMember[], top: string) => TarMember[]
    /** Changes the bytes of the tar archive. */
    tar?: (bytes: Buffer) => Buffer
    suffix?: string | Buffer
}

/** An sdist that setuptools builds, with a fault. */
export async function oddSdist(name: string, odd: OddSdist): Promise<Distribution> {
    const module = name.replaceAll('-', '_')
    const top = odd.top ?? `${module}-1.0/`
    const members: TarMember[] = [
        { name: `${top}PKG-INFO`, data: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n` },
        {
            name: `${top}setup.py`,
            data: `from setuptools import setup\nsetup(name="${name}", version="1.0", py_modules=["${module}"])\n`,
        },
        { name: `${top}${module}.py`, data: 'version = "1.0"\n' },
    ]
    const archive = pack()
    for (const { data = '', ...header } of (odd.edit ?? ((all) => all))(members, top)) {
        archive.entry(header, data)
    }
    archive.finalize()
    const bytes = await buffer(archive)
    const gzip = gzipSync((odd.tar ?? ((all) => all))(bytes))
    return { filename: `${module}-1.0.tar.gz`, bytes: Buffer.concat([gzip, Buffer.from((odd.suffix ?? '') as string)]) }
}

const more =
    (...added: ((top: string) => TarMember)[]) =>
    (members: TarMember[], top: string) => [...members, ...added.map((make) => make(top))]

/** What one installer or both take. */
export const oddSdists: Record<string, OddSdist> = {
    'an ordinary sdist': {},
    'no top folder': { top: '' },
    'no top folder, but ./': { top: './' },
    'a top folder in ./': { edit: (members) => members.map((member) => ({ ...member, name: `./${member.name}` })) },
    'a file beside the top folder': { edit: more(() => ({ name: '._odd', data: 'x' })) },
    'two top folders': { edit: more(() => ({ name: 'other/x.py', data: 'x' })) },
    'no PKG-INFO': { edit: (members) => members.slice(1) },
    'no PKG-INFO and no top folder': { top: '', edit: (members) => members.slice(1) },
    'PKG-INFO twice': { edit: (members) => [members[0]!, ...members] },
    'a hard link': { edit: more((top) => ({ name: `${top}link.py`, type: 'link', linkname: `${top}setup.py` })) },
    'a hard link to nothing': {
        edit: more((top) => ({ name: `${top}link.py`, type: 'link', linkname: `${top}no.py` })),
    },
    'a hard link to what is outside': {
        edit: more((top) => ({ name: `${top}link`, type: 'link', linkname: '../evil' })),
    },
    'a link': { edit: more((top) => ({ name: `${top}link.py`, type: 'symlink', linkname: 'setup.py' })) },
    'a link that leads out': { edit: more((top) => ({ name: `${top}link`, type: 'symlink', linkname: '../../evil' })) },
    'a link to /etc/passwd': {
        edit: more((top) => ({ name: `${top}link`, type: 'symlink', linkname: '/etc/passwd' })),
    },
    'a file in a link': {
        edit: more(
            (top) => ({ name: `${top}link`, type: 'symlink', linkname: '.' }),
            (top) => ({ name: `${top}link/evil.py`, data: 'x' }),
        ),
    },
    'a file that is a folder': {
        edit: more(
            (top) => ({ name: `${top}a`, data: 'x' }),
            (top) => ({ name: `${top}a/b.py`, data: 'x' }),
        ),
    },
    'a device': { edit: more((top) => ({ name: `${top}device`, type: 'character-device' })) },
    'a pipe': { edit: more((top) => ({ name: `${top}pipe`, type: 'fifo' })) },
    'a back-slash': { edit: more((top) => ({ name: `${top}a\\b.py`, data: 'x' })) },
    'a control character': { edit: more((top) => ({ name: `${top}a\x01b.py`, data: 'x' })) },
    'a name that leads out of an sdist': { edit: more((top) => ({ name: `${top}../../evil.py`, data: 'x' })) },
    'a sparse member': {
        edit: more((top) => ({
            name: `${top}s`,
            data: 'x',
            pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' },
        })),
    },
    'a pax field of a vendor': { edit: more((top) => ({ name: `${top}s`, data: 'x', pax: { 'ACME.field': '1' } })) },
    'no end marker': { tar: (bytes) => bytes.subarray(0, -1024) },
    'NULs behind the gzip': { suffix: Buffer.alloc(100) },
    'something behind the gzip': { suffix: 'more' },
}
