// A 128-bit fingerprint of a text, to compare states by; not for secrets. Four lanes of 32-bit multiply-and-xor, after MurmurHash3's
// finalizer, over UTF-16 code units.
const PRIMES = [597_399_067, 2_869_860_233, 951_274_213, 2_716_044_179] as const

export const digest = (text: string): string => {
  let a = 1_779_033_703
  let b = 3_144_134_277
  let c = 1_013_904_242
  let d = 2_773_480_762
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    a = b ^ Math.imul(a ^ unit, PRIMES[0])
    b = c ^ Math.imul(b ^ unit, PRIMES[1])
    c = d ^ Math.imul(c ^ unit, PRIMES[2])
    d = a ^ Math.imul(d ^ unit, PRIMES[3])
  }
  a = Math.imul(c ^ (a >>> 18), PRIMES[0])
  b = Math.imul(d ^ (b >>> 22), PRIMES[1])
  c = Math.imul(a ^ (c >>> 17), PRIMES[2])
  d = Math.imul(b ^ (d >>> 19), PRIMES[3])
  return [a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("")
}
