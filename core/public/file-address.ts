/** Where pages say that files are: relative to /simple/PROJECT/, so that a proxy may serve the index under another path. */
export const relativePrefix = '../../packages/'

/** What precedes the URL of a file on a page that a usual program has written, and nothing else in JSON. */
export const urlStart = '"url":"'

/**
 * The path of a file below /packages/, as PyPI has it: the BLAKE2b digest of its content in three parts, and its name.
 *
 * A name has no characters that a URL would encode, and is neither "." nor "..": one file has one spelling.
 *
 * @see Warehouse, packaging/utils.py and forklift/legacy.py ("blake2_256_digest")
 */
const filePath = /^[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}\/[A-Za-z0-9_][A-Za-z0-9._+!~-]*$/

/** Length of `AA/BB/60-HEX/`. */
export const digestLength = 67

/** Whether a path below /packages/ is that of a file. @param path without line breaks: "$" matches before one in njs */
export function isFilePath(path: string): boolean {
    // Unlike test(), search() does not cost njs memory.
    return path.search(filePath) === 0
}
