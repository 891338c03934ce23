/** Reads the beginning of an answer. @param limit in bytes @returns the text, and whether it is all */
export async function readStart(response: Response, limit: number): Promise<{ text: string; isWhole: boolean }> {
    const reader = response.body?.getReader()
    const decoder = new TextDecoder()
    let text = ''
    let length = 0
    while (reader !== undefined) {
        const { done, value } = await reader.read()
        if (done) break
        length += value.length
        text += decoder.decode(value, { stream: true })
        if (length > limit) {
            await reader.cancel()
            return { text, isWhole: false }
        }
    }
    return { text: text + decoder.decode(), isWhole: true }
}

/** Reads the metadata of a file, whose end may be missing: the end of a long description. Throws if there is none. */
export async function readMetadataText(url: string): Promise<{ text: string; isWhole: boolean }> {
    const response = await fetch(url, { redirect: 'manual' })
    if (!response.ok) throw new Error(`status ${response.status}`)
    return readStart(response, 1024 * 1024)
}
