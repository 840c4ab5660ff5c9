/** Bounds of the assistants' address, each with its reason. */

/** A message: a tool's name and a handful of filters. */
export const messageBytesMax = 64 * 1024;
/** Names of methods and tools, and ids of messages, as they come back in answers. */
export const nameCharsMax = 200;
/** What is said about wrong arguments: enough for an assistant to mend them. */
export const complaintCharsMax = 500;
