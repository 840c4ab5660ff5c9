/** Publishing a policy, until it is in force everywhere: the server says when, nothing is guessed. */
import { useEffect, useState } from "react";
import type { AdminAsk } from "./admin-socket.ts";
import { adminSocket, useCommand } from "./use-admin.ts";

export interface Publishing {
  /** The version that waits for the last lease on an older one to end. */
  waitingFor: number | undefined;
  /** The proposal that waits for another admin, where the policy asks for two. */
  proposed: number | undefined;
  /** The version whose limits hold at every shared budget. */
  limitsEffective: number | undefined;
  /** The version that came into force while this was on screen. */
  inForce: number | undefined;
  isRunning: boolean;
  error: Error | undefined;
  publish: (document: unknown, expectVersion: number, comment: string) => Promise<boolean>;
  rollBack: (version: number, expectVersion: number) => Promise<boolean>;
  approve: (proposal: number, expectVersion: number) => Promise<boolean>;
  /** Publishes the draft in the shadow. */
  promote: (draft: number, expectVersion: number) => Promise<boolean>;
}

/** `onPublished` is called with the new version: one's own commands come back as no event. */
export function usePublish(onPublished: (version: number) => void): Publishing {
  const command = useCommand();
  const [waitingFor, setWaitingFor] = useState<number>();
  const [inForce, setInForce] = useState<number>();
  const [proposed, setProposed] = useState<number>();
  const [limitsEffective, setLimitsEffective] = useState<number>();
  useEffect(
    () =>
      adminSocket().listen((event) => {
        if (event.type === "BudgetLimitsEffective")
          setLimitsEffective((event.data as { version: number }).version);
        if (event.type !== "PolicyInForce") return;
        const { version } = event.data as { version: number };
        setInForce(version);
        setWaitingFor((old) => (old !== undefined && version >= old ? undefined : old));
      }),
    [],
  );
  const run = async (ask: AdminAsk): Promise<boolean> => {
    const result = await command.run<{ version?: number; proposal?: number }>(ask);
    if (result === undefined) return false;
    const { version, proposal } = result;
    setInForce(undefined);
    setProposed(proposal);
    setWaitingFor(version);
    if (version !== undefined) onPublished(version);
    return true;
  };
  return {
    waitingFor,
    proposed,
    limitsEffective,
    inForce,
    isRunning: command.isRunning,
    error: command.error,
    publish: (document, expectVersion, comment) =>
      run({ type: "PublishPolicy", document, expectVersion, comment }),
    approve: (proposal, expectVersion) => run({ type: "ApprovePolicy", proposal, expectVersion }),
    promote: (draft, expectVersion) => run({ type: "PromoteShadow", draft, expectVersion }),
    rollBack: (version, expectVersion) =>
      run({
        type: "RollBackPolicy",
        version,
        expectVersion,
        comment: `back to version ${version}`,
      }),
  };
}
