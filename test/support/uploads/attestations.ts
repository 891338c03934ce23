import { createHash } from 'node:crypto'
import type { Distribution } from '../distributions/distributions.js'

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

/** The statement of an attestation of a file. @see PEP 740, appendix 4 */
export function statementOf({ filename, bytes }: Distribution) {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: filename, digest: { sha256 } }],
        predicateType: 'https://docs.pypi.org/attestations/publish/v1',
        predicate: null as unknown,
    }
}

/** An attestation in the form of PEP 740, with a signature that no tool could verify. */
export function attestationOf(file: Distribution, statement: unknown = statementOf(file)) {
    return {
        version: 1,
        verification_material: {
            certificate: Buffer.from('a certificate').toString('base64'),
            transparency_entries: [{ logIndex: '1', inclusionProof: { hashes: ['YQ=='] } }],
        },
        envelope: { statement: base64(statement), signature: Buffer.from('a signature').toString('base64') },
    }
}
