/** Brings dist/ up to date. Throws when the sources do not compile. */
export function build(): void
