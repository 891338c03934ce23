import { UserError } from '../../core/user-error.js'

/** S3 refuses what an upload needs, and will refuse it again: the operator must act. The client sees none of it. */
export class RefusedByS3 extends UserError {
    /** @param cure for the operator */
    constructor(
        message: string,
        override readonly cure: string,
    ) {
        super(message, cure)
    }
}

const rights =
    'uploads need the rights that "generate-config --upload --print-iam-policy" prints, for the keys of the index'
const region = 'set the region of the bucket with --region'

/** Cures by S3's name of the error. */
const cures: Record<string, string> = {
    AccessDenied: rights,
    AuthorizationHeaderMalformed: region,
    InvalidAccessKeyId: 'S3 does not know the access key: check the credentials of this nginx',
    InvalidToken: 'S3 does not know the session token: check the credentials of this nginx',
    NoSuchBucket: 'create the bucket, or generate the configuration with the right --bucket',
    PermanentRedirect: region,
    QuotaExceeded: 'raise the quota of the bucket or of its owner',
    RequestTimeTooSkewed: 'set the clock of this machine',
    SignatureDoesNotMatch: 'check the secret access key of this nginx',
}

/** Sessions are renewed: the next attempt may succeed. */
const passing = /^(?:ExpiredToken|ExpiredTokenException|TokenRefreshRequired)$/

/** What the operator must do after an answer of S3; undefined when the same upload may succeed later. */
export function cureOf(status: number, code: string): string | undefined {
    if (passing.test(code)) return undefined
    if (cures[code]) return cures[code]
    // An answer to HEAD has no name.
    if (status === 401 || status === 403) return rights
    return status === 301 || status === 307 || status === 308 ? region : undefined
}
