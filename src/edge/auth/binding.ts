/**
 * Callers that the runtime itself vouches for: Workers bound to this one, known by the props of their
 * binding. Only a request object made in this isolate can be introduced, so nothing that comes over
 * HTTP, whatever its headers say, can claim to be one.
 */

/** Who a bound Worker calls as. */
export interface BoundCaller {
  organisation: string;
  member: string;
}

const introduced = new WeakMap<Request, BoundCaller>();

/** Lets `request` through as `caller`, in place of a credential. */
export function introduce(request: Request, caller: BoundCaller): Request {
  introduced.set(request, caller);
  return request;
}

/** As whom `request` was introduced. */
export function boundCallerOf(request: Request): BoundCaller | undefined {
  return introduced.get(request);
}
