import { openaiFixtures } from "../fixtures/providers/openai-chat.ts";
import { describeDialect } from "../support/describe-provider.ts";

describeDialect(openaiFixtures);
