import { googleFixtures } from "../fixtures/providers/google-generate.ts";
import { describeDialect } from "../support/describe-provider.ts";

describeDialect(googleFixtures);
