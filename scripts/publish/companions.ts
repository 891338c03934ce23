import { kindOf } from '../distribution/file-name.js'

/** Signatures, attestations, checksums, metadata and bills of materials, by what they add to the name of their file. */
const endings =
    /\.(?:asc|sig|minisig|sigstore|sigstore\.json|publish\.attestation|attestation|provenance|provenance\.json|(?:slsa\.)?intoto\.jsonl|crt|pem|md5|sha1|sha256|sha384|sha512|b2|blake2b|b3|metadata|cdx\.json|spdx\.json)$/i

/** Lists of checksums: SHA256SUMS, md5sums.txt, checksums.txt. */
const sums = /^(?:(?:md5|sha-?\d+|b2|b3|blake\d\w*)[._-]?sums?|checksums?)(?:\.txt)?$/i

/** What systems and version control leave in every folder. */
const litter = /^(?:\.DS_Store|\._.*|Thumbs\.db|desktop\.ini|\.git(?:ignore|keep|attributes)|\.keep)$/i

/** Whether a file lies beside wheels and sdists without being one: `dist/*` names it, too. */
export function isCompanion(filename: string): boolean {
    if (litter.test(filename)) return true
    let name = filename
    while (endings.test(name)) name = name.replace(endings, '')
    return sums.test(name) || (name !== filename && kindOf(name) !== undefined)
}
