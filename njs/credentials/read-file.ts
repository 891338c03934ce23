/**
 * Reads a file as text.
 *
 * @param readFile returns the text of a file; throws Error
 * @throws Error that names the file, and that nginx's workers must be able to read it
 */
export function readOrExplain(path: string, readFile: (path: string) => string): string {
    try {
        return readFile(path)
    } catch (error) {
        throw new Error(path + ' cannot be read by the workers of nginx: ' + (error as Error).message)
    }
}
