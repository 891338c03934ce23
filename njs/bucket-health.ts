// Keeps for a second what S3 said of the bucket, so that however often the index is asked for its health, S3 is asked once a
// second. A script of its own: a larger one would cost each signed request more.

/** `ask` for this request to ask S3, or what another one was told: `ready` or `failed`. */
function state(): string {
    // Whoever adds the key, which is gone a second later, asks. Until there is an answer, others do, too.
    const asks = ngx.shared!.s3_health_asked!.add('asked', '1')
    const known = ngx.shared!.s3_health!.get('state') as string | undefined
    return asks || known === undefined ? 'ask' : known
}

/** For js_header_filter: remembers the answer, be it S3's or nginx's own where S3 does not answer. */
function remember(r: NginxHTTPRequest): void {
    ngx.shared!.s3_health!.set('state', r.status === 200 || r.status === 204 ? 'ready' : 'failed')
}

export default { state, remember }
