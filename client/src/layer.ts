/** How a layer lies over a gateway: it replaces some methods, and everything else shines through. */

/**
 * `base` with `over`'s methods in place of its own. What `base` lacks is not added, and what `over`
 * does not name stays as it is, methods of `base`'s own included.
 */
export function layer<G extends object>(base: G, over: Partial<G>): G {
  return new Proxy(base, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target);
      if (own === undefined) return undefined;
      const replaced: unknown = Object.hasOwn(over, name) ? Reflect.get(over, name) : undefined;
      if (replaced !== undefined) return replaced;
      // Bound, because a class's private fields are the target's, not the proxy's.
      return typeof own === "function" ? (own.bind(target) as unknown) : own;
    },
  });
}
