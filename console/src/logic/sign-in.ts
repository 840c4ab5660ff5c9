/** Why a sign-in at the identity provider came back without a session, in words. */

const SENTENCES: Readonly<Record<string, string>> = {
  declined: "The identity provider did not sign you in.",
  stale: "That sign-in took more than ten minutes, or was begun in another browser. Try again.",
  unavailable:
    "The identity provider cannot be reached, or refuses this gateway. Try again, or sign in with a key.",
  stranger:
    "You are signed in at your identity provider, but are no member here. Ask an admin to add you.",
};

/** The sentence for a problem; one for all that are not known. */
export function sentenceOf(problem: string): string {
  const known = Object.hasOwn(SENTENCES, problem) ? SENTENCES[problem] : undefined;
  return known ?? "Signing in did not work. Try again.";
}
