/** Who sits at the other end of an admin socket, as the edge tells the actor. */

/**
 * Headers of the edge's own request to the actor. The edge makes that request itself, so nothing a
 * caller sends under these names gets there.
 */
export const MEMBER_HEADER = "x-actor-member";
export const KEY_HEADER = "x-actor-key";
export const UNTIL_HEADER = "x-actor-until";

/** Kept in the socket's attachment, so it survives hibernation. */
export interface Seat {
  member: string;
  keyId?: string;
  /** When the session that opened it ends, milliseconds. */
  until?: number;
}
