/** Runs a decider without an actor: for tests, benches and what-if. */
import type { Fact } from "#events/envelope.ts";
import type { Decider } from "./decider.ts";

/** A decider with its state and everything that happened. */
export class InMemoryRun<State, Command, F extends Fact> {
  readonly #decider: Decider<State, Command, F>;
  readonly facts: { at: number; fact: F }[] = [];
  state: State;

  constructor(decider: Decider<State, Command, F>) {
    this.#decider = decider;
    this.state = decider.initialState();
  }

  /** Decides and folds one command; returns its facts. */
  execute(command: Command, at: number): readonly F[] {
    const facts = this.#decider.decide(this.state, command);
    for (const fact of facts) {
      this.state = this.#decider.evolve(this.state, fact, at);
      this.facts.push({ at, fact });
    }
    return facts;
  }

  /** The state folded again from the facts alone. */
  replayed(): State {
    let state = this.#decider.initialState();
    for (const { at, fact } of this.facts) state = this.#decider.evolve(state, fact, at);
    return state;
  }
}

/** A fresh in-memory run of a decider. */
export function runInMemory<State, Command, F extends Fact>(
  decider: Decider<State, Command, F>,
): InMemoryRun<State, Command, F> {
  return new InMemoryRun(decider);
}
