/** Who is signed in, for every page. */
import { createContext, useContext } from "react";
import { ask, send } from "./api.ts";

export interface Session {
  organisation: string;
  member: string;
  role: "admin" | "auditor" | "member";
  name?: string;
  team?: string;
  /** When the session ends, milliseconds; absent for who comes otherwise. */
  expiresAt?: number;
}

export const SessionContext = createContext<Session | undefined>(undefined);

/** The session; only for what is drawn inside one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("This is drawn outside of a session.");
  return session;
}

export const readSession = (): Promise<Session> => ask<Session>("/session");
export const signInWithLink = (link: string): Promise<Session> => send("/session", { link });
export const signInWithKey = (key: string): Promise<Session> =>
  send("/session", {}, { authorization: `Bearer ${key}` });
export const signOut = (): Promise<void> => ask("/session", { method: "DELETE" });

/** An identity provider to sign in with. */
export interface SignInProvider {
  id: string;
  name: string;
}

/** Those that this gateway has; none where they cannot be read: a key still opens the door. */
export const readProviders = (): Promise<readonly SignInProvider[]> =>
  ask<{ providers: readonly SignInProvider[] }>("/session/providers").then(
    ({ providers }) => providers,
    () => [],
  );
