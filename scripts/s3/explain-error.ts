import { UserError } from '../../core/user-error.js'

/** Where a request went, for the message. */
export interface RequestTarget {
    bucket: string
    /** The URL of an S3 server, undefined for AWS. */
    endpointUrl: string | undefined
    region: string
    key?: string | undefined
}

/** What is used of the AWS SDK's errors, of S3's XML in them, and of Node's network errors. */
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
 * A failed request as one line with its cure. Errors that neither S3 nor the way to it made come back as they are.
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
            'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile.',
        )
    }
    if (wrongCredentials.has(failure.name)) {
        return because(
            `${server} refuses the credentials (${failure.name})`,
            'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile.',
        )
    }
    if (expiredSession.has(failure.name)) {
        return because(`the session of the credentials is over (${failure.name})`, 'Log in again.')
    }
    if (failure.name === 'RequestTimeTooSkewed') {
        return because(`the clock of this machine is not that of ${server}`, 'Set the clock.')
    }
    if (failure.name === 'NoSuchBucket') {
        return because(
            `${bucket} does not exist on ${server}`,
            `Make it: aws s3 mb s3://${target.bucket}${target.endpointUrl ? ` --endpoint-url ${target.endpointUrl}` : ''}`,
        )
    }
    const region = failure.Region ?? failure.$response?.headers?.['x-amz-bucket-region']
    if (wrongRegion.has(failure.name) || status === 301 || (status === 400 && region !== undefined)) {
        return because(
            `${bucket} is not in the region ${target.region}`,
            region === undefined ? 'Name its region with --region.' : `Use --region ${region}`,
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
            'Name a file with the certificate of its authority in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS.',
        )
    }
    if (failure.code === 'EPROTO') {
        return because(`${server} does not speak TLS`, 'Write http:// in --endpoint-url.')
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

/** Whether there is no server at the address, or no way to it. */
export function isUnreachable(error: unknown): boolean {
    return error instanceof Error && unreachable.has((error as NodeJS.ErrnoException).code ?? '')
}

/** Whether an answer was none of an S3 server's: those of errors are XML with a code. */
export function isForeign(error: unknown): boolean {
    const { $metadata, Code, message = '' } = (error ?? {}) as Partial<S3Failure> & { Code?: string }
    if (/XML parse error|Deserialization error|HPE_/.test(message)) return true
    const status = $metadata?.httpStatusCode
    // A server before S3 may fail with words of its own, and an answer of 403 may have no body.
    return status !== undefined && status < 500 && status !== 403 && status !== 301 && Code === undefined
}

/** The error for an endpoint behind which there is something else. */
export function notS3(server: string): UserError {
    return new UserError(
        `${server} is no S3 server`,
        '--endpoint-url (or AWS_ENDPOINT_URL) is the address of an S3 API, such as https://s3.example.com: not that of the\n' +
            'index that clients install from, nor of a web console.',
    )
}
