/**
 * A draft of the policy: its text, what is wrong with it, and what it would change. The server is
 * asked to validate it, so the console never disagrees with it.
 */
import { useEffect, useRef, useState } from "react";
import { jsonFault } from "../logic/json-places.ts";
import type { AdminRefused } from "./admin-socket.ts";
import type { Checked, LivePolicy } from "./policy.ts";
import { adminSocket } from "./use-admin.ts";

export interface Draft {
  text: string;
  /** The version that the draft began from. */
  base: LivePolicy;
}

export interface DraftState {
  draft: Draft;
  isDirty: boolean;
  /** The fault of a text that is no JSON; zero-based line. */
  fault: { line: number; message: string } | undefined;
  /** The server's word on the text as it stands; undefined while it is asked. */
  checked: Checked | undefined;
  error: Error | undefined;
  write: (text: string) => void;
  restart: (policy: LivePolicy) => void;
  /** The text stays, as a change of a newer version. */
  moveTo: (policy: LivePolicy) => void;
}

const validateAfterMs = 350;
export const textOf = (policy: LivePolicy): string => JSON.stringify(policy.document, null, 2);

// Kept while other pages are looked at; a draft is lost with the tab, not before.
let kept: Draft | undefined;

function startOf(policy: LivePolicy): Draft {
  return kept ?? { text: textOf(policy), base: policy };
}

export function useDraft(live: LivePolicy): DraftState {
  const [draft, setDraft] = useState(() => startOf(live));
  const isDirty = draft.text !== textOf(draft.base);
  const fault = jsonFault(draft.text);
  // A draft without changes follows what is live.
  const shown =
    isDirty || draft.base.version >= live.version ? draft : { text: textOf(live), base: live };
  useEffect(() => {
    if (shown !== draft) setDraft(shown);
    kept = isDirty ? draft : undefined;
  });
  const { checked, error } = useValidation(shown.text, fault !== undefined, live.version);
  return {
    draft: shown,
    isDirty,
    fault,
    checked,
    error,
    write: (text) => setDraft({ ...shown, text }),
    restart: (policy) => setDraft({ text: textOf(policy), base: policy }),
    moveTo: (policy) => setDraft({ text: shown.text, base: policy }),
  };
}

/** Asks the server about a text when it has not changed for a moment. */
function useValidation(text: string, isBroken: boolean, version: number) {
  const [state, setState] = useState<{ text: string; checked?: Checked; error?: Error }>({
    text: "",
  });
  const turn = useRef(0);
  useEffect(() => {
    if (isBroken) return undefined;
    turn.current += 1;
    const mine = turn.current;
    const timer = setTimeout(() => {
      const document: unknown = JSON.parse(text);
      adminSocket()
        .ask<Checked>({ type: "ValidatePolicy", document })
        .then(
          (checked) => mine === turn.current && setState({ text, checked }),
          (error: AdminRefused) => mine === turn.current && setState({ text, error }),
        );
    }, validateAfterMs);
    return () => clearTimeout(timer);
  }, [text, isBroken, version]);
  if (isBroken || state.text !== text) return { checked: undefined, error: undefined };
  return { checked: state.checked, error: state.error };
}
