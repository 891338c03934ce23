import { expect, test } from 'vitest'
import { isProvenanceOf, provenanceOf } from '../../../../core/upload/attestations.js'
import { RefusedUpload } from '../../../../core/upload/refused-upload.js'
import { sha256Of } from '../../../../scripts/s3/digests.js'
import { attestationOf, statementOf } from '../../../support/uploads/attestations.js'

const file = { filename: 'acme_tools-1.0-py2.py3-none-any.whl', bytes: Buffer.from('a wheel') }
const subject = { project: 'acme-tools', filename: file.filename, sha256: sha256Of(file.bytes) }
const decode = (text: string) => Buffer.from(text, 'base64')
const good = attestationOf(file)
const statement = statementOf(file)
const take = (value: unknown, of = subject) =>
    provenanceOf(typeof value === 'string' ? value : JSON.stringify(value), of, decode)
const about = (change: object) => [attestationOf(file, { ...statement, ...change })]
const named = (name: unknown) => about({ subject: [{ ...statement.subject[0], name }] })
const digested = (digest: unknown) => about({ subject: [{ ...statement.subject[0], digest }] })

test('attestations become a provenance object, which is the same for the same attestations', () => {
    const slsa = about({ predicateType: 'https://slsa.dev/provenance/v1' })
    const json = take([good, ...slsa])
    expect(JSON.parse(json)).toEqual({
        version: 1,
        attestation_bundles: [{ publisher: { kind: 'nginx-s3-pypi', claims: {} }, attestations: [good, ...slsa] }],
    })
    expect(take(JSON.stringify([good, ...slsa], null, 4))).toBe(json)
})

test.each([
    ['line breaks in Base64', [{ ...good, envelope: { ...good.envelope, signature: 'YW\nJj\n' } }]],
    ['fields of later', [{ ...good, later: [1, { a: null }] }]],
    ['an upper-case digest', digested({ sha256: subject.sha256.toUpperCase(), sha512: 'x' })],
    ['another spelling of the name', named('Acme.Tools-1.0.0-py3.py2-none-any.whl')],
    ['16 attestations', Array.from({ length: 16 }, () => good)],
])('attestations are taken: %s', (_name, value) => {
    expect(isProvenanceOf(take(value), subject, decode)).toBe(true)
})

const material = good.verification_material
const envelope = good.envelope

test.each<[string, unknown, string]>([
    ['not JSON', '[', 'not a JSON list'],
    ['an object', {}, 'not a JSON list'],
    ['null', 'null', 'not a JSON list'],
    ['a text', '"[]"', 'not a JSON list'],
    ['an empty list', [], 'is empty'],
    ['17', Array.from({ length: 17 }, () => good), 'at most 16'],
    ['10,000', `[${'{},'.repeat(9999)}{}]`, 'at most 16'],
    ['nested deeply', '['.repeat(100_000) + ']'.repeat(100_000), 'attestation 1 of'],
    ['nested deeply and not closed', '['.repeat(250_000), 'not a JSON list'],
    ['a list of null', [null], 'is not an object'],
    ['a list of lists', [[good]], 'is not an object'],
    ['version 2', [{ ...good, version: 2 }], 'is not of version 1'],
    ['version "1"', [{ ...good, version: '1' }], 'is not of version 1'],
    ['no material', [{ ...good, verification_material: null }], 'verification_material'],
    ['no certificate', [{ ...good, verification_material: { ...material, certificate: '' } }], 'certificate'],
    ['PEM', [{ ...good, verification_material: { ...material, certificate: '-----BEGIN' } }], 'certificate'],
    ['no entries', [{ ...good, verification_material: { ...material, transparency_entries: [] } }], 'entries'],
    ['entries of null', [{ ...good, verification_material: { ...material, transparency_entries: [null] } }], 'entries'],
    ['no envelope', [{ ...good, envelope: [] }], 'has no envelope'],
    ['no signature', [{ ...good, envelope: { ...envelope, signature: undefined } }], 'signature'],
    ['a cut signature', [{ ...good, envelope: { ...envelope, signature: 'YWJ' } }], 'signature'],
    ['an object as statement', [{ ...good, envelope: { ...envelope, statement } }], 'statement in Base64'],
    ['a statement that is not UTF-8', [{ ...good, envelope: { ...envelope, statement: '////' } }], 'in-toto'],
    ['a statement that is not JSON', [{ ...good, envelope: { ...envelope, statement: 'YWJj' } }], 'in-toto'],
    ['a list as statement', [attestationOf(file, [statement])], 'in-toto'],
    ['an older statement', about({ _type: 'https://in-toto.io/Statement/v0.1' }), 'in-toto'],
    ['no predicate type', about({ predicateType: null }), 'predicateType'],
    ['no subject', about({ subject: [] }), 'exactly one file'],
    ['two subjects', about({ subject: [statement.subject[0], statement.subject[0]] }), 'exactly one file'],
    ['a subject that is null', about({ subject: [null] }), 'exactly one file'],
    ['no name', named(undefined), 'does not name'],
    ['another project', named('other-1.0-py2.py3-none-any.whl'), 'is about "other-1.0'],
    ['another version', named('acme_tools-1.1-py2.py3-none-any.whl'), 'is about "acme_tools-1.1'],
    ['another platform', named('acme_tools-1.0-py3-none-any.whl'), 'is about "acme_tools-1.0-py3-'],
    ['the sdist', named('acme_tools-1.0.tar.gz'), 'is about "acme_tools-1.0.tar.gz"'],
    ['a path', named(`../${file.filename}`), 'is about "../'],
    ['no digest', digested(null), 'no sha256'],
    ['another digest only', digested({ sha512: 'x' }), 'no sha256'],
    ['the digest of another file', digested({ sha256: '0'.repeat(64) }), 'sha256 "0000'],
    ['one good and one bad', [good, ...digested({ sha256: '' })], 'attestation 2 of acme_tools'],
])('attestations are refused: %s', (_name, value, message) => {
    expect(() => take(value)).toThrow(RefusedUpload)
    expect(() => take(value)).toThrow(
        expect.objectContaining({
            status: 400,
            message: expect.stringContaining(message),
            cure: expect.stringMatching(/without attestations/),
        }),
    )
})

test('of an sdist, the extension counts', () => {
    const sdist = { filename: 'acme-1.0.tar.gz', bytes: Buffer.from('an sdist') }
    const of = { project: 'acme', filename: sdist.filename, sha256: sha256Of(sdist.bytes) }
    const other = { ...statementOf(sdist), subject: [{ ...statementOf(sdist).subject[0], name: 'acme-1.0.zip' }] }
    expect(isProvenanceOf(take([attestationOf(sdist)], of), of, decode)).toBe(true)
    expect(() => take([attestationOf(sdist, other)], of)).toThrow('is about "acme-1.0.zip"')
})

test.each([
    ['not JSON', '{'],
    ['null', 'null'],
    ['no bundles', '{"version":1}'],
    ['an empty list of bundles', '{"version":1,"attestation_bundles":[]}'],
    ['no attestations', '{"version":1,"attestation_bundles":[{"publisher":{},"attestations":[]}]}'],
    ['another file', take([good]).replace(/"statement":"[^"]*"/, '"statement":"e30="')],
])('a stored object is not the provenance of the file: %s', (_name, json) => {
    expect(isProvenanceOf(json, subject, decode)).toBe(false)
})
