/**
 * Whether the text of a link names a host to which the link does not lead, anywhere, with or without `https://`. It may take
 * the name of a file for one: `setup.py`.
 *
 * @param url http or https
 */
export function namesOtherHost(text: string, url: string): boolean {
    const host = bare(new URL(url).hostname)
    return readable(text)
        .split(/\s+/)
        .some((word) => {
            const named = hostIn(word)
            return named !== undefined && named !== host
        })
}

/** As readers see it: without what has no width, and with the ordinary form of letters and dots. */
function readable(text: string): string {
    return text
        .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
        .normalize('NFKC')
        .replaceAll('。', '.')
        .toLowerCase()
}

/** The first host that a word names; what follows it is a path. */
function hostIn(word: string): string | undefined {
    const start = word.search(/https?:\/\//)
    // A browser knows which part of a URL is the host.
    const written = start < 0 ? undefined : (hostOfUrl(word.slice(start)) ?? '')
    const before = start < 0 ? word : word.slice(0, start)
    return before.split(/[^\p{L}\p{N}\p{M}.-]+/u).flatMap(nameOf)[0] ?? written
}

/** `example.com`, but not `1.2.3` or `end.` */
function nameOf(part: string): string[] {
    const name = part.replace(/^[.-]+/, '').replace(/\.+$/, '')
    const last = name.slice(name.lastIndexOf('.') + 1)
    if (last.length === name.length || !/^(?:\p{L}[\p{L}\p{M}]+|xn--.+)$/u.test(last)) return []
    return [hostOfUrl(`http://${name}`) ?? name]
}

function hostOfUrl(url: string): string | undefined {
    try {
        return bare(new URL(url).hostname)
    } catch {
        return undefined
    }
}

function bare(host: string): string {
    return host.replace(/^www\./, '').replace(/\.$/, '')
}
