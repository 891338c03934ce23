/** Both engines have it; the language's own types do not. @see WHATWG Encoding */
declare const TextDecoder: new (
    label: string,
    options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }
declare const TextEncoder: new () => { encode(text: string): Uint8Array }

/** Decodes UTF-8, with a byte order mark as a character; undefined for other bytes. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
        return undefined
    }
}

export function encodeUtf8(text: string): Uint8Array {
    return new TextEncoder().encode(text)
}
