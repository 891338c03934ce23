// Remembers the bucket's state for a second, so that health checks send at most one request a second to S3. A separate
// script, since a larger signing script would cost each signed request more.

/** `ask`: this request must ask S3. `ready` or `failed`: the result of another request. */
function state(): string {
    // The request that adds the key, which expires after a second, asks. Until the first result, the others ask as well.
    const asks = ngx.shared!.s3_health_asked!.add('asked', '1')
    const known = ngx.shared!.s3_health!.get('state') as string | undefined
    return asks || known === undefined ? 'ask' : known
}

/** For js_header_filter: remembers the status of S3's response, or of nginx's error when S3 does not respond. */
function remember(r: NginxHTTPRequest): void {
    ngx.shared!.s3_health!.set('state', r.status === 200 || r.status === 204 ? 'ready' : 'failed')
}

export default { state, remember }
