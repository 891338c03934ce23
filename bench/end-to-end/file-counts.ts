import { seededRandom, shuffled } from './seeded-random.js'

/** How many files the middle project of PyPI has, and the one that 99 of 100 do not surpass. */
const median = 4
const percentile99 = 262

/** No project of the distribution has more: that would be the one large project, which is added to them. */
const most = 1000

/** How many standard deviations the 99th percentile of a normal distribution lies above its middle. */
const deviations99 = 2.326

/**
 * How many files each project has: a log-normal distribution with mu = ln 4 and sigma = (ln 262 - ln 4) / 2.326, so
 * that its median is 4 and its 99th percentile 262; at least 1, at most 1000.
 *
 * They are no draws, but the quantiles at (k + 1/2) / projects: a small index has PyPI's shape, too, and each seed
 * the same sum, which is 19 files a project. The seed says which project has how many.
 */
export function fileCounts(projects: number, seed: number): number[] {
    const sigma = (Math.log(percentile99) - Math.log(median)) / deviations99
    const counts = Array.from({ length: projects }, (_, number) => {
        const count = Math.round(median * Math.exp(sigma * normalQuantile((number + 0.5) / projects)))
        return Math.min(most, Math.max(1, count))
    })
    return shuffled(counts, seededRandom(seed))
}

/**
 * The quantile of the standard normal distribution, to 0.00045.
 *
 * @param share above 0 and below 1
 * @see Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.23
 */
function normalQuantile(share: number): number {
    if (share > 0.5) return -normalQuantile(1 - share)
    const t = Math.sqrt(-2 * Math.log(share))
    const above = 2.515517 + 0.802853 * t + 0.010328 * t ** 2
    const below = 1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3
    return above / below - t
}
