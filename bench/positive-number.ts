import { InvalidArgumentError } from 'commander'

/** Parses an option that is a whole number of so many digits at most, and not 0. */
export function positive(digits: number): (text: string) => number {
    return (text) => {
        if (!/^[1-9]\d*$/.test(text) || text.length > digits) {
            throw new InvalidArgumentError(`It is a whole number from 1 to ${'9'.repeat(digits)}.`)
        }
        return Number(text)
    }
}
