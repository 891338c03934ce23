/** The text of the first element of that name, without entities; undefined if there is none. */
export function element(xml: string, name: string): string | undefined {
    const start = xml.indexOf(`<${name}>`)
    const end = xml.indexOf(`</${name}>`, start)
    return start < 0 || end < 0 ? undefined : unescape(xml.slice(start + name.length + 2, end))
}

/** The contents of all elements of that name, as XML. */
export function elements(xml: string, name: string): string[] {
    return xml
        .split(`<${name}>`)
        .slice(1)
        .map((rest) => rest.slice(0, rest.indexOf(`</${name}>`)))
}

/** Text between tags. */
export function escape(text: string): string {
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function unescape(text: string): string {
    if (text.indexOf('&') < 0) return text
    return text
        .replace(/&#(\d{1,7});/g, (_match, digits: string) => String.fromCharCode(Number(digits)))
        .replace(/&#x([0-9a-fA-F]{1,6});/g, (_match, digits: string) => String.fromCharCode(parseInt(digits, 16)))
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&apos;', "'")
        .replaceAll('&amp;', '&')
}
