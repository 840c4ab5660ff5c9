import { ollamaFixtures } from "../fixtures/providers/ollama-chat.ts";
import { describeDialect } from "../support/describe-provider.ts";

describeDialect(ollamaFixtures);
