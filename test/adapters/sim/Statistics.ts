// Sample statistics of returns and the like.
const mean = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** Correlation of each number with the one `lag` before it. */
export const autocorrelation = (numbers: ReadonlyArray<number>, lag: number): number =>
  correlation(numbers.slice(lag), numbers.slice(0, -lag))

export const correlation = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  const [meanA, meanB] = [mean(a), mean(b)]
  const moment = (x: ReadonlyArray<number>, meanX: number, y: ReadonlyArray<number>, meanY: number) =>
    x.reduce((sum, value, index) => sum + (value - meanX) * (y[index]! - meanY), 0)
  return moment(a, meanA, b, meanB) / Math.sqrt(moment(a, meanA, a, meanA) * moment(b, meanB, b, meanB))
}

/** 3 for a normal distribution, more where the tails are fatter. */
export const kurtosis = (numbers: ReadonlyArray<number>): number => {
  const center = mean(numbers)
  const power = (exponent: number) => mean(numbers.map((number) => (number - center) ** exponent))
  return power(4) / power(2) ** 2
}

/** The number that the given share of all numbers does not exceed. */
export const quantile = (numbers: ReadonlyArray<number>, share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(share * (numbers.length - 1))]!
