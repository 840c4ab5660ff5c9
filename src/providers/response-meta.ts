/** What a whole answer says of itself beside its parts. */
import type { Usage } from "#events/money.ts";
import type { FinishReason } from "./chat.ts";

export interface ResponseMeta {
  usage?: Usage;
  finish?: FinishReason;
  servedModel?: string;
  /** The provider's own id of the answer. */
  responseId?: string;
}

/** The facts that were found; what is undefined is left out. */
export function metaOf(found: {
  [Fact in keyof ResponseMeta]: ResponseMeta[Fact] | undefined;
}): ResponseMeta {
  const { usage, finish, servedModel, responseId } = found;
  return {
    ...(usage && { usage }),
    ...(finish && { finish }),
    ...(servedModel !== undefined && { servedModel }),
    ...(responseId !== undefined && { responseId }),
  };
}
