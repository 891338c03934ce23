/**
 * Lets each take its turn in each round, in each second round in the reverse order, so that what disturbs the machine
 * for a while disturbs them alike.
 *
 * @param entrants how many there are
 * @param warmUp rounds that come before and are not counted: they connect to the upstream and fill caches
 * @returns for each round what each did
 */
export async function byTurns<Turn>(
    entrants: number,
    { rounds, warmUp }: { rounds: number; warmUp: number },
    signal: AbortSignal,
    takeTurn: (index: number) => Promise<Turn>,
): Promise<Turn[][]> {
    const counted: Turn[][] = []
    for (let round = 0; round < warmUp + rounds; round++) {
        const turns: Turn[] = []
        for (let turn = 0; turn < entrants; turn++) {
            signal.throwIfAborted()
            const index = round % 2 === 0 ? turn : entrants - 1 - turn
            turns[index] = await takeTurn(index)
        }
        if (round >= warmUp) counted.push(turns)
    }
    return counted
}
