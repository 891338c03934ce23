/** Where names lead that a text mentions. */
export interface LinkTargets {
    /** By name, in lower case. */
    urls: ReadonlyMap<string, string>
    /** Images that stand for a name. */
    images: ReadonlyMap<string, string>
}

/** In the order in which they are tried at each place: literal, strong, emphasis, role, link, name, substitution, URL. */
const inline = new RegExp(
    [
        '``(?<literal>[^`](?:[^`]|`(?!`)){0,2000}?)``',
        '\\*\\*(?<strong>[^\\s*](?:[^*]|\\*(?!\\*)){0,1000}?)\\*\\*',
        '\\*(?<emphasis>[^\\s*][^*]{0,1000})\\*',
        ':[A-Za-z][\\w:.-]{0,40}:`(?<role>[^`]{1,500})`',
        '`(?<label>[^`<]{0,500}?)\\s*<(?<url>[^>`\\s]{1,1000})>`__?',
        '`(?<phrase>[^`]{1,500})`__?',
        '`(?<interpreted>[^`]{1,500})`',
        '\\|(?<substitution>[^|\\s][^|]{0,200})\\|_{0,2}',
        '(?<bare>https?://[^\\s<>"\']{1,2000}[^\\s<>"\'.,;:!?)\\]])',
        '(?<![\\w])(?<name>[A-Za-z0-9][\\w.-]{0,99}?)__?(?![\\w])',
    ].join('|'),
    'g',
)

/** Makes HTML of a text with inline markup. */
export function inlineHtml(text: string, { urls, images }: LinkTargets): string {
    let html = ''
    let done = 0
    for (const match of text.matchAll(inline)) {
        html += plain(text.slice(done, match.index))
        done = match.index + match[0].length
        const found = match.groups!
        const target = (name: string) => urls.get(name.replace(/\s+/g, ' ').toLowerCase())
        const { literal, strong, emphasis, role, label, url, phrase, interpreted, substitution, bare, name } = found
        if (literal !== undefined) html += `<code>${escapeHtml(literal)}</code>`
        else if (strong !== undefined) html += `<strong>${plain(strong)}</strong>`
        else if (emphasis !== undefined) html += `<em>${plain(emphasis)}</em>`
        else if (role !== undefined) html += `<code>${escapeHtml(role.replace(/\s*<[^>]*>$/, ''))}</code>`
        else if (url !== undefined) html += link(label || url, url.endsWith('_') ? target(url.slice(0, -1)) : url)
        else if (phrase !== undefined) html += link(phrase, target(phrase))
        else if (interpreted !== undefined) html += `<em>${plain(interpreted)}</em>`
        else if (substitution !== undefined) {
            const image = images.get(substitution)
            html +=
                image === undefined
                    ? plain(match[0])
                    : `<img src="${escapeHtml(image)}" alt="${escapeHtml(substitution)}">`
        } else if (bare !== undefined) html += link(bare, bare)
        else html += target(name!) === undefined ? plain(match[0]) : link(name!, target(name!))
    }
    return html + plain(text.slice(done))
}

function link(label: string, url: string | undefined): string {
    return url === undefined ? plain(label) : `<a href="${escapeHtml(url)}">${plain(label)}</a>`
}

/** A backslash takes the meaning of the character behind it. */
function plain(text: string): string {
    return escapeHtml(text.replace(/\\([^\s])/g, '$1').replace(/\\\s/g, ''))
}

export function escapeHtml(text: string): string {
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
