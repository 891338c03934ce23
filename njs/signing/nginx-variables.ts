// The texts that site.conf and the signing script pass to each other: nginx variables hold one string each. The generator
// writes them, and the script reads them, with what stands here.

/** Where a bucket is: `$s3_place`. */
export interface BucketPlace {
    region: string
    /** HOST[:PORT], as the Host header names it. */
    endpoint: string
    bucket: string
    /** Whether the path names the bucket, or the host does. */
    addressing: 'path' | 'virtual'
}

/** What to ask S3 for: `$s3_request`. */
export interface SignableRequest {
    method: string
    /** An encoded `BucketPlace`. */
    place: string
    /** Of an object; empty for the bucket. Keys hold no tab: see urlPatterns. */
    key: string
    /** `a=1&b=2`, encoded and sorted; empty for none. */
    query: string
}

/** `REGION ENDPOINT BUCKET ADDRESSING` */
export function encodePlace(place: BucketPlace): string {
    return [place.region, place.endpoint, place.bucket, place.addressing].join(' ')
}

/** The reverse of `encodePlace`. */
export function decodePlace(text: string): BucketPlace {
    const [region, endpoint, bucket, addressing] = text.split(' ')
    return { region: region!, endpoint: endpoint!, bucket: bucket!, addressing: addressing as 'path' | 'virtual' }
}

/** `METHOD PLACE KEY [QUERY]`, separated by tabs. */
export function encodeRequest(request: SignableRequest): string {
    return [request.method, request.place, request.key].concat(request.query ? [request.query] : []).join('\t')
}

/** The reverse of `encodeRequest`. */
export function decodeRequest(text: string): SignableRequest {
    const [method, place, key, query] = text.split('\t')
    return { method: method!, place: place!, key: key!, query: query || '' }
}

/**
 * A signed request, as the script returns it: `PATH[?QUERY]\nHOST\nDATE\nAUTHORIZATION\nSESSION TOKEN`. The signature ends
 * the authorization, so that only the path and the signature differ between the requests of a minute.
 */
export function encodeSigned(path: string, beforeSignature: string, signature: string, afterSignature: string): string {
    return ''.concat(path, beforeSignature, signature, afterSignature)
}

/** @param authorization up to the signature */
export function encodeBeforeSignature(host: string, date: string, authorization: string): string {
    return ''.concat('\n', host, '\n', date, '\n', authorization)
}

/** @param sessionToken may be empty */
export function encodeAfterSignature(sessionToken: string): string {
    return '\n' + sessionToken
}

/** Matches a signed request in nginx, and sets a variable for each line of it. An empty text, "not signed", does not match. */
export const signedPattern =
    '^(?<s3_target>.+)\\n(?<s3_host>.+)\\n(?<s3_date>.+)\\n(?<s3_authorization>.+)\\n(?<s3_session_token>.*)\\z'
