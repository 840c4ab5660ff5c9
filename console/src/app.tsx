/** Who is here, and which page they see: the sign-in door, or the frame with a page in it. */
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, endSession, onSessionEnd } from "./data/api.ts";
import { useAddress } from "./data/router.ts";
import { readSession, SessionContext, signInWithLink, type Session } from "./data/session.ts";
import { closeAdminSocket } from "./data/use-admin.ts";
import { LINK, pathOf } from "./logic/address.ts";
import { sentenceOf } from "./logic/sign-in.ts";
import { Door } from "./pages/door.tsx";
import { Frame } from "./pages/frame.tsx";
import { Boundary } from "./ui/boundary.tsx";
import { Failure } from "./ui/states.tsx";

type Presence =
  | { kind: "asking" }
  | { kind: "in"; session: Session }
  | { kind: "out"; reason?: string }
  | { kind: "failed"; error: ApiError };

/** A link's token is taken out of the address before it is used, so that history keeps none. */
function takeLink(): string | undefined {
  if (location.pathname !== LINK) return undefined;
  const token = location.hash.slice(1);
  history.replaceState(null, "", pathOf("overview"));
  return token === "" ? undefined : token;
}

/** Why a sign-in at the identity provider ended without a session; out of the address, too. */
function takeProblem(): string | undefined {
  const url = new URL(location.href);
  const problem = url.searchParams.get("sign-in");
  if (problem === null) return undefined;
  url.searchParams.delete("sign-in");
  history.replaceState(null, "", url.pathname + url.search);
  return sentenceOf(problem);
}

let firstLink = takeLink();
let firstProblem = takeProblem();

const idOf = ({ organisation, member, role }: Session): string =>
  JSON.stringify([organisation, member, role]);

async function enter(): Promise<Presence> {
  const link = firstLink;
  const problem = firstProblem;
  firstLink = undefined;
  firstProblem = undefined;
  try {
    const session = await (link === undefined ? readSession() : signInWithLink(link));
    return { kind: "in", session };
  } catch (error) {
    const shown = error instanceof ApiError ? error : new ApiError(-1, "failed", String(error));
    if (shown.status !== 401) return { kind: "failed", error: shown };
    const reason = link === undefined ? problem : shown.message;
    return reason === undefined ? { kind: "out" } : { kind: "out", reason };
  }
}

export function App() {
  const [presence, setPresence] = useState<Presence>({ kind: "asking" });
  const { path } = useAddress();
  const last = useRef<string>(undefined);
  if (presence.kind === "in") last.current = idOf(presence.session);
  const ask = useCallback(() => {
    setPresence({ kind: "asking" });
    void enter().then(setPresence);
  }, []);
  useEffect(ask, [ask]);
  useEffect(
    () =>
      onSessionEnd(() => {
        // Nothing more may reach this page: the sockets go before the door is shown.
        closeAdminSocket();
        setPresence({ kind: "out", reason: "Your session has ended. Sign in to go on." });
      }),
    [],
  );
  const endsAt = presence.kind === "in" ? presence.session.expiresAt : undefined;
  useEffect(() => {
    if (endsAt === undefined) return undefined;
    const timer = setTimeout(endSession, Math.max(endsAt - Date.now(), 0));
    return () => clearTimeout(timer);
  }, [endsAt]);
  if (presence.kind === "asking")
    return <div className="door" role="status" aria-label="Loading" />;
  if (presence.kind === "failed") {
    return (
      <main className="door">
        <Failure error={presence.error} onRetry={ask} />
      </main>
    );
  }
  if (presence.kind === "out") {
    return (
      <Door
        reason={presence.reason}
        onEnter={(session) => {
          // Whoever was here before has a socket open and maybe a draft: neither is for somebody else.
          if (last.current !== undefined && last.current !== idOf(session)) location.reload();
          else setPresence({ kind: "in", session });
        }}
      />
    );
  }
  return (
    <SessionContext value={presence.session}>
      <Boundary>
        <Frame path={path} />
      </Boundary>
    </SessionContext>
  );
}
