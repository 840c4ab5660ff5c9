/**
 * Weights as text, at what they tell: a common step takes less than two bits, a rare one seven, by range
 * ANS (J. Duda, "Asymmetric numeral systems", arXiv:1311.2540) with the steps' own shares. One
 * character for two weights took a quarter more of the Worker's bundle, gzipped, as gzip gives each
 * character whole bits.
 *
 * The bytes under base64: the share of each step in 4096ths, two bytes each; the coder's state, four
 * bytes; what the state takes in as it falls below its bound.
 */
const shareBits = 12;
const sharesTotal = 1 << shareBits;
/** The state is from this up to 256 times this: below it another byte is read. */
const stateMin = 1 << 23;

/** Where the steps' shares begin, each after the one before. */
function startsOf(shares: readonly number[]): number[] {
  const starts: number[] = [];
  let sum = 0;
  for (const share of shares) {
    starts.push(sum);
    sum += share;
  }
  return starts;
}

/** Shares in 4096ths: at least one for every step that there is; the commonest takes what rounding left. */
function sharesOf(steps: Uint8Array, stepsCount: number): number[] {
  const counts = Array.from({ length: stepsCount }, () => 0);
  for (const step of steps) counts[step] = (counts[step] ?? 0) + 1;
  const shares = counts.map((count) =>
    count === 0 ? 0 : Math.max(1, Math.floor((count / steps.length) * sharesTotal)),
  );
  const rest = sharesTotal - shares.reduce((sum, share) => sum + share, 0);
  const commonest = counts.indexOf(Math.max(...counts));
  shares[commonest] = (shares[commonest] ?? 0) + rest;
  return shares;
}

/** Packs steps, whole numbers from 0 below `stepsCount`, of which at least two are different. */
export function packSteps(steps: Uint8Array, stepsCount: number): string {
  const shares = sharesOf(steps, stepsCount);
  const starts = startsOf(shares);
  const bytes: number[] = [];
  let state = stateMin;
  // Backwards, so that they are read forwards.
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at] ?? 0;
    const share = shares[step] ?? 0;
    while (state >= (stateMin >>> shareBits) * 256 * share) {
      bytes.push(state & 0xff);
      state >>>= 8;
    }
    state = Math.floor(state / share) * sharesTotal + (state % share) + (starts[step] ?? 0);
  }
  for (let byte = 0; byte < 4; byte++) bytes.push((state >>> (8 * byte)) & 0xff);
  for (const share of shares.toReversed()) bytes.push(share & 0xff, share >>> 8);
  return btoa(
    bytes
      .map((byte) => String.fromCharCode(byte))
      .toReversed()
      .join(""),
  );
}

/** Unpacks as many steps as `into` has room for; `false` when the text is not of that many. */
export function unpackSteps(packed: string, stepsCount: number, into: Uint8Array): boolean {
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  let at = 0;
  const next = (): number => bytes[at++] ?? 0;
  const shares = Array.from({ length: stepsCount }, () => next() * 256 + next());
  const starts = startsOf(shares);
  const stepAt = new Uint8Array(sharesTotal);
  for (const [step, start] of starts.entries())
    stepAt.fill(step, start, start + (shares[step] ?? 0));
  let state = ((next() * 256 + next()) * 256 + next()) * 256 + next();
  for (let filled = 0; filled < into.length; filled++) {
    const slot = state & (sharesTotal - 1);
    const step = stepAt[slot] ?? 0;
    into[filled] = step;
    state = (shares[step] ?? 0) * (state >>> shareBits) + slot - (starts[step] ?? 0);
    while (state < stateMin && at < bytes.length) state = state * 256 + next();
  }
  return state === stateMin && at === bytes.length;
}
