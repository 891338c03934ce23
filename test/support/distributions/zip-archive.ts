import { crc32, deflateRawSync } from 'node:zlib'

/** A member of a zip archive; a field that is not given is ordinary. A field `local…` is in the local header alone. */
export interface ZipMember {
    name: string | Buffer
    data?: string | Buffer
    /** 0 stored (default), 8 deflated, 93 zstd; others are stored under that number. */
    method?: number
    localName?: string | Buffer
    extra?: Buffer
    localExtra?: Buffer
    comment?: string
    /** Bit 11: the name is UTF-8. */
    flags?: number
    /** Sizes and checksum stand behind the data (bit 3). */
    descriptor?: boolean
    /** Claimed in both headers, in place of the true ones. */
    size?: number
    localSize?: number
    localCrc?: number
    /** Bytes before the local header. */
    gap?: Buffer
    /** In one of the two places only. */
    only?: 'local' | 'central'
    /** UNIX mode. */
    mode?: number
}

/** Faults of an archive beside its members. Numbers are added to the true ones. */
export interface ZipOddities {
    prefix?: Buffer
    /** Offsets count from the archive's beginning, not from that of the file. */
    prefixUncounted?: boolean
    suffix?: Buffer
    comment?: Buffer
    beforeDirectory?: Buffer
    afterDirectory?: Buffer
    moreEntries?: number
    moreEntriesOnDisk?: number
    moreSize?: number
    moreOffset?: number
    /** With a zip64 end of central directory. @see APPNOTE.TXT 4.3.14 */
    zip64?: boolean
    zip64Extensible?: Buffer
    zip64MoreEntries?: number
    zip64LocatorOffset?: number
}

/** Makes a zip archive record by record: libraries write no faulty ones. @see APPNOTE.TXT 4.3 */
export function makeZip(members: readonly ZipMember[], odd: ZipOddities = {}): Buffer {
    const parts: Buffer[] = [odd.prefix ?? Buffer.alloc(0)]
    const length = () => parts.reduce((sum, { length }) => sum + length, 0)
    const base = odd.prefixUncounted ? length() : 0
    const central: Buffer[] = []
    for (const member of members) {
        if (member.gap) parts.push(member.gap)
        const offset = length() - base
        const data = Buffer.from((member.data ?? '') as string)
        const stored = compress(data, member.method ?? 0)
        const facts = { crc: crc32(data), stored: stored.length, size: member.size ?? data.length }
        if (member.only !== 'central') parts.push(localHeader(member, facts), stored)
        if (member.descriptor)
            parts.push(numbers(['4', 0x08074b50], ['4', facts.crc], ['4', facts.stored], ['4', facts.size]))
        if (member.only !== 'local') central.push(centralHeader(member, facts, offset))
    }
    if (odd.beforeDirectory) parts.push(odd.beforeDirectory)
    const offset = length() - base + (odd.moreOffset ?? 0)
    const size = central.reduce((sum, { length }) => sum + length, 0) + (odd.moreSize ?? 0)
    const entries = central.length
    parts.push(...central)
    if (odd.afterDirectory) parts.push(odd.afterDirectory)
    if (odd.zip64) parts.push(...zip64End(entries + (odd.zip64MoreEntries ?? 0), size, offset, length() - base, odd))
    const comment = odd.comment ?? Buffer.alloc(0)
    parts.push(
        numbers(
            ['4', 0x06054b50],
            ['2', 0],
            ['2', 0],
            ['2', odd.zip64 ? 0xffff : entries + (odd.moreEntriesOnDisk ?? odd.moreEntries ?? 0)],
            ['2', odd.zip64 ? 0xffff : entries + (odd.moreEntries ?? 0)],
            ['4', odd.zip64 ? 0xffffffff : size],
            ['4', odd.zip64 ? 0xffffffff : offset],
            ['2', comment.length],
        ),
        comment,
        odd.suffix ?? Buffer.alloc(0),
    )
    return Buffer.concat(parts)
}

interface Facts {
    crc: number
    stored: number
    size: number
}

function localHeader(member: ZipMember, { crc, stored, size }: Facts): Buffer {
    const name = Buffer.from((member.localName ?? member.name) as string)
    const extra = member.localExtra ?? member.extra ?? Buffer.alloc(0)
    const known = !member.descriptor
    return Buffer.concat([
        numbers(
            ['4', 0x04034b50],
            ['2', 20],
            ['2', flagsOf(member)],
            ['2', member.method ?? 0],
            ['2', 0],
            ['2', 0x21],
            ['4', known ? (member.localCrc ?? crc) : 0],
            ['4', known ? stored : 0],
            ['4', known ? (member.localSize ?? size) : 0],
            ['2', name.length],
            ['2', extra.length],
        ),
        name,
        extra,
    ])
}

function centralHeader(member: ZipMember, { crc, stored, size }: Facts, offset: number): Buffer {
    const name = Buffer.from(member.name as string)
    const extra = member.extra ?? Buffer.alloc(0)
    const comment = Buffer.from(member.comment ?? '')
    return Buffer.concat([
        numbers(
            ['4', 0x02014b50],
            ['2', 0x0314],
            ['2', 20],
            ['2', flagsOf(member)],
            ['2', member.method ?? 0],
            ['2', 0],
            ['2', 0x21],
            ['4', crc],
            ['4', stored],
            ['4', size],
            ['2', name.length],
            ['2', extra.length],
            ['2', comment.length],
            ['2', 0],
            ['2', 0],
            ['4', ((member.mode ?? 0o100644) << 16) >>> 0],
            ['4', offset],
        ),
        name,
        extra,
        comment,
    ])
}

function flagsOf({ name, flags, descriptor }: ZipMember): number {
    const isUtf8 = typeof name === 'string' && /[^\0-\x7f]/.test(name)
    return (flags ?? 0) | (isUtf8 ? 0x800 : 0) | (descriptor ? 8 : 0)
}

function zip64End(entries: number, size: number, offset: number, at: number, odd: ZipOddities): Buffer[] {
    const extensible = odd.zip64Extensible ?? Buffer.alloc(0)
    return [
        numbers(
            ['4', 0x06064b50],
            ['8', 44 + extensible.length],
            ['2', 45],
            ['2', 45],
            ['4', 0],
            ['4', 0],
            ['8', entries],
            ['8', entries],
            ['8', size],
            ['8', offset],
        ),
        extensible,
        numbers(['4', 0x07064b50], ['4', 0], ['8', odd.zip64LocatorOffset ?? at], ['4', 1]),
    ]
}

/** An extra field of a header. @see APPNOTE.TXT 4.5 */
export function extraField(id: number, data: Buffer): Buffer {
    return Buffer.concat([numbers(['2', id], ['2', data.length]), data])
}

/** Info-ZIP's Unicode Path: a name that takes the place of the header's. @see APPNOTE.TXT 4.6.9 */
export function unicodePath(name: string, headerName: string): Buffer {
    return extraField(0x7075, Buffer.concat([numbers(['1', 1], ['4', crc32(headerName)]), Buffer.from(name)]))
}

/** Little-endian. */
function numbers(...fields: ['1' | '2' | '4' | '8', number][]): Buffer {
    return Buffer.concat(
        fields.map(([width, value]) => {
            const bytes = Buffer.alloc(8)
            bytes.writeBigUInt64LE(BigInt(value))
            return bytes.subarray(0, Number(width))
        }),
    )
}

function compress(data: Buffer, method: number): Buffer {
    if (method === 8) return deflateRawSync(data)
    return method === 93 ? zstdFrame(data) : data
}

/** A zstd frame of one block that is not compressed: Node.js 20 has no zstd. At most 64 KiB. @see RFC 8878 */
function zstdFrame(data: Buffer): Buffer {
    const block = 1 | (data.length << 3)
    return Buffer.concat([
        // A single segment whose size, in four bytes, follows.
        numbers(['4', 0xfd2fb528], ['1', 0xa0], ['4', data.length]),
        numbers(['2', block & 0xffff], ['1', block >> 16]),
        data,
    ])
}
