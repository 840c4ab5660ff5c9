/** Stripe secret key. */
import { tokenDetector } from "../kit/token.ts";

export const stripeKey = tokenDetector({
  id: "stripe-key",
  title: "Stripe secret key",
  prefixes: ["sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_", "whsec_"],
  extra: "_",
  pattern: /^(?:[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,99}|whsec_[A-Za-z0-9+/=]{24,64})(?!\w)/,
});
