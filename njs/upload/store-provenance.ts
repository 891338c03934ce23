import { provenanceKey } from '../../core/index/project-objects.js'
import { provenanceHeaders } from '../../core/index/stored-headers.js'
import { isProvenanceOf } from '../../core/upload/attestations.js'
import type { UploadClaim } from '../../core/upload/claim.js'
import { asBuffer, decodeBase64 } from './engine.js'
import type { NginxBucket } from './nginx-bucket.js'

/** FILE.provenance after an upload. */
interface StoredProvenance {
    exists: boolean
    /** Whether it has other attestations than those of the upload. */
    isOther: boolean
}

/**
 * Stores the attestations of a file. Those of the first upload stay, as on PyPI: readers may have cached them.
 *
 * @param provenance undefined if the upload has no attestations; an earlier one may have had some
 * @param wasPresent whether the file was there before this upload
 */
export async function storeProvenance(
    bucket: NginxBucket,
    claim: UploadClaim,
    provenance: string | undefined,
    wasPresent: boolean,
): Promise<StoredProvenance> {
    const key = provenanceKey(claim.project, claim.filename)
    if (provenance === undefined) {
        return { exists: wasPresent && (await bucket.head(key)) !== undefined, isOther: false }
    }
    const body = Buffer.from(provenance)
    const { outcome } = await bucket.put(key, body, provenanceHeaders, 'absent')
    if (outcome === 'written') return { exists: true, isOther: false }
    const stored = await bucket.get(key)
    if (stored === undefined) throw new Error(`${key} was deleted during an upload`)
    const text = asBuffer(stored.body).toString('utf8')
    if (text === provenance) return { exists: true, isOther: false }
    if (isProvenanceOf(text, claim, decodeBase64)) return { exists: true, isOther: true }
    await bucket.write(key, body, provenanceHeaders)
    return { exists: true, isOther: false }
}
