/**
 * The text of a file.
 *
 * @param readFile throws Error
 * @throws Error that names the file, and who has to be able to read it
 */
export function readOrExplain(path: string, readFile: (path: string) => string): string {
    try {
        return readFile(path)
    } catch (error) {
        throw new Error(path + ' cannot be read by the workers of nginx: ' + (error as Error).message)
    }
}
