import type { Credentials } from '../signing/credentials.js'
import { cureOf, RefusedByS3 } from './refused-by-s3.js'
import { signRequest, type S3Place, type S3Request, type SignedRequest } from './s3-request.js'
import { element } from './xml.js'

/** What S3 answered. */
export interface S3Answer {
    status: number
    /** Names in lower case. */
    headers: Record<string, string>
    body: Buffer
}

/** Hands a signed request to nginx, which sends it. */
export type Send = (signed: SignedRequest, request: S3Request) => Promise<S3Answer>

/** Attempts for each request. */
const maxAttempts = 6

/** The connection of one upload to S3: one request at a time. */
export class S3Connection {
    constructor(
        readonly place: S3Place,
        /** Read for each attempt: a session may have been renewed since. @throws Error when there are none */
        private readonly credentials: () => Credentials,
        private readonly send: Send,
        private readonly now: () => Date,
        private readonly backOff: (attempt: number) => Promise<void>,
    ) {}

    /**
     * Sends a request, and again after a failure that may pass. So an answer may be that to a repetition: a condition that the
     * first attempt has made false, an upload that it has completed.
     *
     * @throws Error when the outcome is unknown
     */
    async ask(request: S3Request): Promise<S3Answer> {
        for (let attempt = 0; ; attempt++) {
            const answer = await this.send(signRequest(this.place, this.credentials(), request, this.now()), request)
            const { status } = answer
            const passes = status === 429 || status === 408 || status === 425 || (status >= 500 && status !== 501)
            // S3 may answer 200, and fail while it works.
            const failed = status === 200 && isFailure(answer)
            if (!passes && !failed) return answer
            if (attempt + 1 === maxAttempts) throw failure(request, answer)
            await this.backOff(attempt)
        }
    }
}

/** Whether the body of a 200 is an error. */
function isFailure({ body, headers }: S3Answer): boolean {
    if (body.length > 4096 || !/xml/.test(headers['content-type'] ?? '')) return false
    return body.toString('utf8').indexOf('<Error>') >= 0
}

/** S3's name of an error; empty when it has none. */
export function errorCode({ status, body }: S3Answer): string {
    return status < 300 || body.length > 65536 ? '' : (element(body.toString('utf8'), 'Code') ?? '')
}

/** An unexpected answer. It names the key and no secret. */
export function failure({ method, key }: S3Request, answer: S3Answer): Error {
    const code = errorCode(answer)
    const message = `S3 answered ${`${answer.status} ${code}`.trim()} to ${method} ${key}`
    const cure = cureOf(answer.status, code)
    return cure === undefined ? new Error(message) : new RefusedByS3(message, cure)
}

/** The ETag without quotes. Some servers omit them. */
export function etagOf({ headers }: S3Answer): string {
    return (headers.etag ?? '').replace(/^(?:W\/)?"|"$/g, '')
}
