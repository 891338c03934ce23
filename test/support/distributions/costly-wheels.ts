import type { WheelRecipe } from './distributions.js'
import type { ZipMember } from './zip-archive.js'

const fields = 'Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n'
const withMetadata = (metadata: string) => () => ({ metadata })
const withMember = (name: string) => () => ({ members: { [name]: 'x' } })
const withRecord = (content: string) => () => ({
    edit: (members: ZipMember[]) =>
        members.map((member) => (String(member.name).endsWith('RECORD') ? { ...member, data: content } : member)),
})
const many = (count: number, name: (index: number) => string) => () => ({
    members: Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), 'x'])),
})

/**
 * Wheels of the project `acme` 1.0 that are a few kB and need gigabytes or minutes in a reader that does not bound its
 * work, and why they are refused.
 */
export const costlyWheels: Record<string, [recipe: () => Partial<WheelRecipe>, reason: RegExp]> = {
    'METADATA of 300,000 fields': [withMetadata(fields + 'A:\n'.repeat(300_000)), /more than 30000 lines of fields/],
    'METADATA with a field of 300,000 lines': [
        withMetadata(`${fields}Description: x\n${' x\n'.repeat(300_000)}`),
        /more than 30000 lines of fields/,
    ],
    'METADATA with a line of 7 MB': [
        withMetadata(`${fields}A: ${'x'.repeat(7_000_000)}`),
        /fields of its metadata have more than/,
    ],
    'METADATA with a Requires-Python of 1 MB': [
        withMetadata(`${fields}Requires-Python: ${'>=3,'.repeat(250_000)}`),
        /Requires-Python of more than 8192/,
    ],
    'METADATA with a folded Requires-Python of 100 kB': [
        withMetadata(`${fields}Requires-Python: >=3\n${' ,>=3\n'.repeat(20_000)}`),
        /Requires-Python of more than 8192/,
    ],
    'METADATA that says 9 MB': [withMetadata(`${fields}\n${'x'.repeat(9_000_000)}`), /too large for metadata/],
    'RECORD of 3,000,000 empty lines': [withRecord('\n'.repeat(3_000_000)), /RECORD has more than 1016 lines/],
    'RECORD of 1,000,000 lines': [withRecord('a\n'.repeat(1_000_000)), /RECORD has more than 1016 lines/],
    'RECORD of 3,000 lines that end in CR': [
        withRecord(`${'a\r'.repeat(1000)}\n`.repeat(3)),
        /RECORD has more than 1016 lines/,
    ],
    'RECORD with a line of 1 MB': [withRecord('"' + '""'.repeat(500_000)), /RECORD has a line of more than/],
    'a name of 20,000 folders': [withMember('a/'.repeat(20_000) + 'a'), /has a name of 40001 bytes/],
    'a name of 900 slashes': [withMember(`a${'/'.repeat(900)}b`), /empty parts in its name/],
    '100 files, each in 400 folders': [
        many(100, (index) => `${index}/${'a/'.repeat(400)}a`),
        /members are in more than \d+ folders/,
    ],
    'a bomb of 80 MB': [() => ({ members: { bomb: Buffer.alloc(80_000_000) } }), /as decompression bombs do/],
}
