import { UserError } from '../../core/user-error.js'

/** The target of a request, for error messages. */
export interface RequestTarget {
    bucket: string
    /** URL of an S3 server; undefined for AWS. */
    endpointUrl: string | undefined
    region: string
    key?: string | undefined
}

/** The fields used of AWS SDK errors, of the S3 XML in them, and of Node's network errors. */
interface S3Failure {
    name: string
    message: string
    code?: string
    Region?: string
    $metadata?: { httpStatusCode?: number; attempts?: number }
    $response?: { headers?: Record<string, string> }
}

const wrongCredentials = new Set(['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidSecurity', 'AuthFailure'])
const expiredSession = new Set(['ExpiredToken', 'InvalidToken', 'ExpiredTokenException', 'TokenRefreshRequired'])
const missingCredentials = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError'])
const wrongRegion = new Set([
    'PermanentRedirect',
    'AuthorizationHeaderMalformed',
    'IllegalLocationConstraintException',
    'TemporaryRedirect',
])
const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])
const broken = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
const untrusted = /^(?:CERT_|ERR_TLS_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/

/**
 * Turns a failed request into a one-line error with a cure. Returns errors unrelated to S3 or the network unchanged.
 *
 * @see Amazon S3 API Reference, "Error responses"
 */
export function explainError(error: unknown, target: RequestTarget): unknown {
    if (error instanceof UserError || !(error instanceof Error)) return error
    const failure = error as S3Failure
    const because = (message: string, cure: string) => new UserError(message, cure)
    const status = failure.$metadata?.httpStatusCode
    const server = target.endpointUrl ?? `AWS S3 in ${target.region}`
    const bucket = `the bucket ${target.bucket}`

    if (missingCredentials.has(failure.name)) {
        return because(
            `no credentials for ${bucket}: ${failure.message}`,
            'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or select a profile with --profile.',
        )
    }
    if (wrongCredentials.has(failure.name)) {
        return because(
            `${server} refuses the credentials (${failure.name})`,
            'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile.',
        )
    }
    if (expiredSession.has(failure.name)) {
        return because(`the session credentials have expired (${failure.name})`, 'Log in again.')
    }
    if (failure.name === 'RequestTimeTooSkewed') {
        return because(`the clock of this machine differs too much from that of ${server}`, 'Set the clock.')
    }
    if (failure.name === 'NoSuchBucket') {
        return because(
            `${bucket} does not exist on ${server}`,
            `Create it: aws s3 mb s3://${target.bucket}${target.endpointUrl ? ` --endpoint-url ${target.endpointUrl}` : ''}`,
        )
    }
    const region = failure.Region ?? failure.$response?.headers?.['x-amz-bucket-region']
    if (wrongRegion.has(failure.name) || status === 301 || (status === 400 && region !== undefined)) {
        return because(
            `${bucket} is not in the region ${target.region}`,
            region === undefined ? 'Set its region with --region.' : `Use --region ${region}`,
        )
    }
    if (status === 403) {
        return because(
            `${server} denies access to ${target.key === undefined ? bucket : `${target.key} in ${bucket}`}`,
            'The credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on the ' +
                'objects, and s3:ListBucket on the bucket.',
        )
    }
    if (isUnreachable(error)) {
        return because(`${server} cannot be reached (${failure.code})`, 'Check --endpoint-url and the network.')
    }
    if (failure.code !== undefined && untrusted.test(failure.code)) {
        return because(
            `the certificate of ${server} is not trusted (${failure.code})`,
            'Set AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS to a file with the certificate of its CA.',
        )
    }
    if (failure.code === 'EPROTO') {
        return because(`${server} does not speak TLS`, 'Use http:// in --endpoint-url.')
    }
    if (status !== undefined || failure.name === 'TimeoutError' || broken.has(failure.code ?? '')) {
        const answer = status === undefined ? failure.message : `${status} ${failure.name}: ${failure.message}`
        return because(
            `${server} failed${target.key === undefined ? '' : ` on ${target.key}`} (${answer})`,
            'Nothing is lost: run the same command again.',
        )
    }
    return error
}

/** Whether the server does not exist or cannot be reached. */
export function isUnreachable(error: unknown): boolean {
    return error instanceof Error && unreachable.has((error as NodeJS.ErrnoException).code ?? '')
}

/** Whether a response did not come from an S3 server: S3 errors are XML with a code. */
export function isForeign(error: unknown): boolean {
    const { $metadata, Code, message = '' } = (error ?? {}) as Partial<S3Failure> & { Code?: string }
    if (/XML parse error|Deserialization error|HPE_/.test(message)) return true
    const status = $metadata?.httpStatusCode
    // A proxy in front of S3 may send its own 5xx pages, and a 403 may have no body.
    return status !== undefined && status < 500 && status !== 403 && status !== 301 && Code === undefined
}

/** The error for an endpoint that is not an S3 server. */
export function notS3(server: string): UserError {
    return new UserError(
        `${server} is not an S3 server`,
        'Set --endpoint-url (or AWS_ENDPOINT_URL) to the URL of an S3 API, such as https://s3.example.com, not to that\n' +
            'of the package index or of a web console.',
    )
}
