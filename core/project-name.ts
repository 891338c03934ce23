/** The normalised form of a project's name. @see PEP 503, "Normalized Names" */
export function normalizeName(name: string): string {
    return name.toLowerCase().replace(/[-_.]+/g, '-')
}
