// Runs in Node.js and in nginx: no syntax and no functions that njs 0.7.9 lacks.

import { quoted } from '../distribution/refusal.js'
import { kindOf, parseFileName } from '../file-name.js'
import { decodeUtf8 } from '../utf8.js'
import { sameVersion } from '../version.js'
import type { UploadClaim } from './claim.js'
import { RefusedUpload } from './refused-upload.js'

/** PyPI takes one of each kind, of which it knows two. */
const maxAttestations = 16

/** The file that attestations are about. */
type Subject = Pick<UploadClaim, 'project' | 'filename' | 'sha256'>

/** @param text of the alphabet of Base64, with its padding */
type DecodeBase64 = (text: string) => Uint8Array

/**
 * Makes the provenance object of a file from the attestations of its upload.
 *
 * Their form is checked, and that each is about this file. Signatures are not: nginx has no roots of Sigstore. So the
 * publisher is not a Trusted Publisher, and nothing is claimed about it. The same attestations give the same bytes.
 *
 * @param text the field `attestations`: a JSON list
 * @returns the JSON of FILE.provenance
 * @throws RefusedUpload unless all attestations are about the file
 * @see PEP 740, "Attestation objects" and "Provenance objects"
 */
export function provenanceOf(text: string, subject: Subject, decodeBase64: DecodeBase64): string {
    const attestations = parsedJson(text)
    if (!Array.isArray(attestations)) throw refused('the field attestations is not a JSON list (PEP 740)')
    if (attestations.length === 0) throw refused('the list of attestations is empty')
    if (attestations.length > maxAttestations) {
        throw refused(`the upload has ${attestations.length} attestations; at most ${maxAttestations} are allowed`)
    }
    attestations.forEach((attestation: unknown, index) => {
        const problem = attestationProblem(attestation, subject, decodeBase64)
        if (problem !== undefined) throw refused(`attestation ${index + 1} of ${subject.filename} ${problem}`)
    })
    // Written again, not copied: readers of JSON differ in which of two equal keys they take.
    const bundle = { publisher: { kind: 'nginx-s3-pypi', claims: {} }, attestations }
    return JSON.stringify({ version: 1, attestation_bundles: [bundle] }) + '\n'
}

/**
 * Whether a stored FILE.provenance is about this file: it may be left from a deleted file of the same name.
 *
 * @param json the object
 */
export function isProvenanceOf(json: string, subject: Subject, decodeBase64: DecodeBase64): boolean {
    const provenance = parsedJson(json)
    const bundles = isObject(provenance) ? provenance.attestation_bundles : undefined
    if (!Array.isArray(bundles) || bundles.length === 0) return false
    return bundles.every((bundle: unknown) => {
        const attestations = isObject(bundle) ? bundle.attestations : undefined
        return (
            Array.isArray(attestations) &&
            attestations.length > 0 &&
            attestations.every((value: unknown) => attestationProblem(value, subject, decodeBase64) === undefined)
        )
    })
}

function refused(problem: string): RefusedUpload {
    return new RefusedUpload(400, problem, 'Sign the file again, or upload it without attestations.')
}

/** Undefined if it is not JSON. */
function parsedJson(text: string): unknown {
    try {
        return JSON.parse(text)
    } catch {
        // Not only SyntaxError: engines have other errors for values that are nested too deeply.
        return undefined
    }
}

function attestationProblem(value: unknown, subject: Subject, decodeBase64: DecodeBase64): string | undefined {
    if (!isObject(value)) return 'is not an object'
    const { version, verification_material: material, envelope } = value
    if (version !== 1) return 'is not of version 1'
    if (!isObject(material)) return 'has no verification_material'
    if (base64Of(material.certificate) === undefined) return 'has no certificate in Base64'
    const entries = material.transparency_entries
    if (!Array.isArray(entries) || entries.length === 0 || !entries.every(isObject)) {
        return 'has no transparency_entries'
    }
    if (!isObject(envelope)) return 'has no envelope'
    if (base64Of(envelope.signature) === undefined) return 'has no signature in Base64'
    const statement = base64Of(envelope.statement)
    if (statement === undefined) return 'has no statement in Base64'
    const decoded = decodeUtf8(decodeBase64(statement))
    return statementProblem(decoded === undefined ? undefined : parsedJson(decoded), subject)
}

/** @see in-toto Attestation Framework, "Statement" */
function statementProblem(statement: unknown, file: Subject): string | undefined {
    if (!isObject(statement) || statement._type !== 'https://in-toto.io/Statement/v1') {
        return 'has a statement that is not an in-toto Statement v1'
    }
    if (typeof statement.predicateType !== 'string') return 'has a statement without predicateType'
    const subjects = statement.subject
    if (!Array.isArray(subjects) || subjects.length !== 1 || !isObject(subjects[0])) {
        return 'is not about exactly one file'
    }
    const { name, digest } = subjects[0]
    if (typeof name !== 'string') return 'does not name its file'
    if (!isNameOf(name, file)) return `is about ${quoted(name)}`
    const signed = isObject(digest) ? digest.sha256 : undefined
    if (typeof signed !== 'string') return 'has no sha256 of the file'
    return signed.toLowerCase() === file.sha256 ? undefined : `is about a file with the sha256 ${quoted(signed)}`
}

/** Whether a name is that of the file, or another spelling of it. @see PEP 740, "Attestation verification" */
function isNameOf(name: string, { project, filename }: Subject): boolean {
    if (name === filename) return true
    const [signed, own] = [parseFileName(name, project), parseFileName(filename, project)]
    if (signed === undefined || own === undefined) return false
    return (
        sameVersion(signed.version, own.version) && kindOf(name) === kindOf(filename) && tags(name) === tags(filename)
    )
}

/** What follows the version in the name of a wheel; compressed tags sorted. For an sdist, its extension. */
function tags(filename: string): string {
    if (filename.slice(-4) !== '.whl') return filename.slice(-4)
    const fields = filename.slice(0, -4).split('-').slice(2)
    return fields.map((field) => field.split('.').sort().join('.')).join('-')
}

/** Without its line breaks, which some writers add; undefined if it is not Base64, or empty. */
function base64Of(value: unknown): string | undefined {
    if (typeof value !== 'string') return undefined
    const text = value.replace(/[\r\n]/g, '')
    return text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? text : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
}
