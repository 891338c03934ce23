import { quoted } from '../distribution/refusal.js'
import { isProjectNameText, requiresPythonOf } from '../distribution/core-metadata.js'
import { kindOf, otherFormat, parseFileName } from '../file-name.js'
import { normalizeName } from '../project-name.js'
import { normalizeVersion, sameVersion, strip } from '../version.js'
import type { UploadForm } from './form.js'
import { RefusedUpload, useCurrentClient } from './refused-upload.js'

/** What an upload says about its file, before the file is read. */
export interface UploadClaim {
    filename: string
    kind: 'wheel' | 'sdist'
    /** Normalised. */
    project: string
    /** Digests of the file in hex, lower case. A client sends at least `sha256`. */
    sha256: string
    md5: string | undefined
    /** As the form says. Undefined if installers cannot parse it. */
    requiresPython: string | undefined
    /** As sent: see attestations.ts. */
    attestations: string | undefined
    /** The position of the file in the body, in bytes. */
    file: { offset: number; size: number }
}

/** Longer than any real name of a file; FILE.metadata and FILE.provenance must be valid keys, too. Characters. */
const maxFilename = 400

const rebuild = 'Nothing was uploaded. Fix the project and rebuild it.'

/** Requests of old clients besides the upload of a file. */
const otherActions = ['submit', 'submit_pkg_info', 'doc_upload', 'verify', 'list_classifiers', 'user', 'password_reset']

/**
 * Reads what the form says, and checks it against the name of the file.
 *
 * @throws RefusedUpload unless the form describes a wheel or an sdist that an index can offer
 * @see warehouse/forklift/legacy.py, whose checks these are
 */
export function readClaim({ fields, file }: UploadForm): UploadClaim {
    const field = (name: string) => strip(fields.get(name) ?? '')
    checkAction(field(':action'), field('protocol_version'))
    const { filename } = file
    const kind = checkedKind(filename, field('filetype'))
    const name = field('name')
    if (name === '') throw new RefusedUpload(400, 'the form has no name', useCurrentClient)
    if (!isProjectNameText(name)) {
        throw new RefusedUpload(400, `${quoted(name)} cannot be the name of a project`, rebuild)
    }
    const project = normalizeName(name)
    if (project === 'simple') {
        throw new RefusedUpload(400, 'a project cannot be called "simple": /simple/ is the path of the index', rebuild)
    }
    const version = field('version')
    if (version === '') throw new RefusedUpload(400, 'the form has no version', useCurrentClient)
    const normalized = normalizeVersion(version)
    if (normalized === undefined) {
        throw new RefusedUpload(400, `the version ${quoted(version)} is not valid (PEP 440)`, rebuild)
    }
    const named = parseFileName(filename, project)
    if (named === undefined || !sameVersion(named.version, normalized)) {
        const says = `${quoted(name)} ${quoted(version)}`
        throw new RefusedUpload(400, `${quoted(filename)} is not the name of a file of ${says}`, rebuild)
    }
    if (file.size === 0) throw new RefusedUpload(400, `${filename}: the file is empty`, rebuild)
    const sha256 = digest(field('sha256_digest'), 'sha256_digest', 64)
    if (sha256 === undefined) throw new RefusedUpload(400, 'the form has no sha256_digest', useCurrentClient)
    checkBlake2(field('blake2_256_digest'))
    return {
        filename,
        kind,
        project,
        sha256,
        md5: digest(field('md5_digest'), 'md5_digest', 32),
        requiresPython: requiresPythonOf(field('requires_python').replace(/[\r\n\t ]+/g, ' ')).requiresPython,
        attestations: field('attestations') || undefined,
        file: { offset: file.offset, size: file.size },
    }
}

/**
 * Checks the form of a BLAKE2b digest, which njs cannot compute. distutils sends one of 64 bytes by this name.
 *
 * @see CPython 3.8 to 3.11, `distutils/command/upload.py`
 */
function checkBlake2(value: string): void {
    if (!/^[0-9a-f]{128}$/i.test(value)) digest(value, 'blake2_256_digest', 64)
}

function checkAction(action: string, protocol: string): void {
    if (otherActions.includes(action)) {
        throw new RefusedUpload(410, `the action ${action} has ended`, 'Upload the file; nothing else is needed.')
    }
    if (action !== 'file_upload') {
        throw new RefusedUpload(400, `:action is ${quoted(action)}; only file_upload is known`, useCurrentClient)
    }
    if (protocol !== '' && protocol !== '1') {
        throw new RefusedUpload(400, `protocol_version is ${quoted(protocol)}; only 1 is known`, useCurrentClient)
    }
}

function checkedKind(filename: string, filetype: string): 'wheel' | 'sdist' {
    if (filename.length > maxFilename) {
        throw new RefusedUpload(
            400,
            `the file name has ${filename.length} characters; at most ${maxFilename} are allowed`,
            rebuild,
        )
    }
    const kind = kindOf(filename)
    if (kind === undefined) {
        throw new RefusedUpload(400, `${quoted(filename)} is neither a wheel nor an sdist`, otherFormat(filename))
    }
    const expected = kind === 'wheel' ? 'bdist_wheel' : 'sdist'
    if (filetype !== '' && filetype !== expected) {
        throw new RefusedUpload(
            400,
            `${quoted(filename)} is a ${kind}, but its filetype is ${quoted(filetype)}`,
            rebuild,
        )
    }
    return kind
}

/** @returns undefined if it is missing; distutils of old Pythons writes None */
function digest(value: string, field: string, digits: number): string | undefined {
    if (value === '' || value === 'None') return undefined
    const hex = value.toLowerCase()
    if (hex.length === digits && /^[0-9a-f]+$/.test(hex)) return hex
    throw new RefusedUpload(400, `${field} is not a digest of ${digits} hexadecimal digits`, useCurrentClient)
}
