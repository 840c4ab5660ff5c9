/** Publishing a policy, until it is in force everywhere: the server says when, nothing is guessed. */
import { useEffect, useState } from "react";
import type { AdminAsk } from "./admin-socket.ts";
import { adminSocket, useCommand } from "./use-admin.ts";

export interface Publishing {
  /** The version that waits for the last lease on an older one to end. */
  waitingFor: number | undefined;
  /** The version that came into force while this was on screen. */
  inForce: number | undefined;
  isRunning: boolean;
  error: Error | undefined;
  publish: (document: unknown, expectVersion: number, comment: string) => Promise<boolean>;
  rollBack: (version: number, expectVersion: number) => Promise<boolean>;
}

/** `onPublished` is called with the new version: one's own commands come back as no event. */
export function usePublish(onPublished: (version: number) => void): Publishing {
  const command = useCommand();
  const [waitingFor, setWaitingFor] = useState<number>();
  const [inForce, setInForce] = useState<number>();
  useEffect(
    () =>
      adminSocket().listen((event) => {
        if (event.type !== "PolicyInForce") return;
        const { version } = event.data as { version: number };
        setInForce(version);
        setWaitingFor((old) => (old !== undefined && version >= old ? undefined : old));
      }),
    [],
  );
  const run = async (ask: AdminAsk): Promise<boolean> => {
    const result = await command.run<{ version: number }>(ask);
    if (result === undefined) return false;
    setInForce(undefined);
    setWaitingFor(result.version);
    onPublished(result.version);
    return true;
  };
  return {
    waitingFor,
    inForce,
    isRunning: command.isRunning,
    error: command.error,
    publish: (document, expectVersion, comment) =>
      run({ type: "PublishPolicy", document, expectVersion, comment }),
    rollBack: (version, expectVersion) =>
      run({
        type: "RollBackPolicy",
        version,
        expectVersion,
        comment: `back to version ${version}`,
      }),
  };
}
