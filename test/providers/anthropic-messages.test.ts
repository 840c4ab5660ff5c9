import { anthropicFixtures } from "../fixtures/providers/anthropic-messages.ts";
import { describeDialect } from "../support/describe-provider.ts";

describeDialect(anthropicFixtures);
