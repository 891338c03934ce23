/** The normalised form of a project's name. @see PEP 503, "Normalized Names" */
export function normalizeName(name: string): string {
    // Without a regular expression: replacing with one costs njs much, and 5 KB that a request keeps until its end.
    let normalized = name.toLowerCase().split('_').join('-').split('.').join('-')
    while (normalized.indexOf('--') >= 0) normalized = normalized.split('--').join('-')
    return normalized
}
