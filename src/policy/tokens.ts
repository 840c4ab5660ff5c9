/** A prompt's size as routes and candidates' caps count it. */

/**
 * Tokens estimated from the bound that a hold is made of, which counts a token for every byte: four
 * bytes each. Too few for scripts that need more tokens, so a cap leaves room for them.
 */
export function estimatedTokens(inputTokensBound: number): number {
  return Math.ceil(inputTokensBound / 4);
}
