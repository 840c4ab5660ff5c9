/** Looks at a stream as it passes, and says once how it ended. */
import type { EventStream, StreamEvent } from "./types.ts";

export type Ending =
  | { outcome: "ok"; done: Extract<StreamEvent, { type: "done" }> }
  | { outcome: "cancelled" }
  | { outcome: "error"; error: unknown };

/** The same events; `ended` is called exactly once. */
export function observe(stream: EventStream, ended: (ending: Ending) => void): EventStream {
  const reader = stream.getReader();
  let open = true;
  const end = (ending: Ending): void => {
    if (open) ended(ending);
    open = false;
  };
  return new ReadableStream<StreamEvent>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        if (value.type === "done") end({ outcome: "ok", done: value });
        controller.enqueue(value);
      } catch (error) {
        end({ outcome: "error", error });
        controller.error(error);
      }
    },
    cancel(reason) {
      end({ outcome: "cancelled" });
      return reader.cancel(reason);
    },
  });
}
