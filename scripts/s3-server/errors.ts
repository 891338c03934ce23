/** HTTP statuses of the error codes. Source: Amazon S3 API Reference, "Error responses". */
const statuses = {
    AccessDenied: 403,
    AuthorizationHeaderMalformed: 400,
    AuthorizationQueryParametersError: 400,
    BadDigest: 400,
    BucketAlreadyOwnedByYou: 409,
    BucketNotEmpty: 409,
    EntityTooSmall: 400,
    ExpiredToken: 400,
    IncompleteBody: 400,
    InternalError: 500,
    InvalidAccessKeyId: 403,
    InvalidArgument: 400,
    InvalidBucketName: 400,
    InvalidDigest: 400,
    InvalidLocationConstraint: 400,
    InvalidPart: 400,
    InvalidPartOrder: 400,
    InvalidRange: 416,
    InvalidRequest: 400,
    InvalidToken: 400,
    InvalidURI: 400,
    KeyTooLongError: 400,
    MalformedXML: 400,
    MaxMessageLengthExceeded: 400,
    MissingContentLength: 411,
    NoSuchBucket: 404,
    NoSuchKey: 404,
    NoSuchUpload: 404,
    NotImplemented: 501,
    PreconditionFailed: 412,
    RequestTimeTooSkewed: 403,
    SignatureDoesNotMatch: 403,
    XAmzContentSHA256Mismatch: 400,
} as const

export type S3ErrorCode = keyof typeof statuses

/** An error with S3's XML error document as the response. Any other error is a bug and becomes InternalError. */
export class S3Error extends Error {
    override readonly name = 'S3Error'
    readonly status: number

    /**
     * @param details additional elements of the document, such as `BucketName`
     * @param headers additional headers of the response
     */
    constructor(
        readonly code: S3ErrorCode,
        message: string,
        readonly details: Readonly<Record<string, string>> = {},
        readonly headers: Readonly<Record<string, string>> = {},
    ) {
        super(message)
        this.status = statuses[code]
    }
}

/** The error for a bucket that does not exist. */
export function noSuchBucket(bucket: string): S3Error {
    return new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket })
}

/** The error for a key that does not exist. */
export function noSuchKey(key: string): S3Error {
    return new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key })
}

/** The error for a precondition that does not hold. @param condition the header's name */
export function preconditionFailed(condition: string): S3Error {
    return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
        Condition: condition,
    })
}
