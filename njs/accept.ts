/** The forms in which a page of the index is served. */
export type PageForm = 'json' | 'v1html' | 'html'

/**
 * The client's preferred form. On a tie, JSON wins over PEP 691 HTML, and that over plain HTML. A client that accepts
 * none of them gets HTML, as from PyPI.
 *
 * @param accept the `Accept` header; site.conf passes on no more than 512 characters
 * @see PEP 691, "Version + Format Selection"; RFC 9110, section 12.5.1
 */
export function negotiate(accept: string): PageForm {
    // The media types of PEP 691 and those that browsers send.
    // Inside the function, since njs evaluates module-level code on each request, even without negotiation.
    const forms: { [mediaType: string]: PageForm } = {
        'application/vnd.pypi.simple.v1+json': 'json',
        'application/vnd.pypi.simple.latest+json': 'json',
        'application/vnd.pypi.simple.v1+html': 'v1html',
        'application/vnd.pypi.simple.latest+html': 'v1html',
        'text/html': 'html',
        'text/*': 'html',
        '*/*': 'html',
    }
    const qualities: { [form: string]: number } = {}
    accept.split(',').forEach(function (range) {
        const parts = range.split(';')
        const form = forms[parts[0]!.trim().toLowerCase()]
        if (form) qualities[form] = Math.max(qualities[form] || 0, quality(parts.slice(1)))
    })
    let best: PageForm = 'html'
    const candidates: PageForm[] = ['v1html', 'json']
    candidates.forEach(function (form) {
        const value = qualities[form] || 0
        if (value > 0 && value >= (qualities[best] || 0)) best = form
    })
    return best
}

/** The `q` parameter of a media range, 0 to 1; 1 by default. Linear in the length of the parameters. */
function quality(parameters: string[]): number {
    for (let index = 0; index < parameters.length; index++) {
        const parameter = parameters[index]!
        const equals = parameter.indexOf('=')
        if (equals < 0 || parameter.slice(0, equals).trim().toLowerCase() !== 'q') continue
        const value = parameter.slice(equals + 1).trim()
        if (/^[01](?:\.\d{0,3})?$/.test(value)) return Number(value)
    }
    return 1
}
