/** A page of the upstream index that the filter does not understand, and so does not pass on. */
export class UnreadablePage extends Error {
    /** @param reason what is wrong; quotes nothing of the page */
    constructor(reason: string) {
        super(reason)
        // Compiled to ES5, an object made by Error() is no UnreadablePage.
        Object.setPrototypeOf(this, new.target.prototype)
    }
}
