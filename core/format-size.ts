/** Formats a size for people: `12.3 kB`. @param bytes not negative */
export function formatSize(bytes: number): string {
    const units = ['B', 'kB', 'MB', 'GB', 'TB']
    const exponent = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
    return `${(bytes / 1000 ** exponent).toFixed(exponent === 0 ? 0 : 1)} ${units[exponent]}`
}
