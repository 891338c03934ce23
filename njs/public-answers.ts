/** Answers with a text. @param cacheControl for the cache in front of public.conf */
export function fail(r: NginxHTTPRequest, status: number, cacheControl: string, text: string): void {
    r.headersOut['Cache-Control'] = cacheControl
    r.headersOut['Content-Type'] = 'text/plain; charset=utf-8'
    r.return(status, text)
}

/** Removes headers of an upstream's answer. @param except in lower case */
export function removeHeaders({ headersOut }: NginxHTTPRequest, except: readonly string[]): void {
    Object.keys(headersOut).forEach((name) => {
        if (except.indexOf(name.toLowerCase()) < 0) delete headersOut[name]
    })
}
