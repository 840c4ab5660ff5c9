/** Events as they were first written: every version of every type stays readable, for good. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { catalogue } from "#events/catalogue.ts";
import { hashBody, seal, unseal, type SealedEvent } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";

const folder = path.resolve(import.meta.dirname, "../golden/events");

/** The hash of each golden event. A line is added with a new version; none is ever changed. */
const hashes: Record<string, string> = {
  "RequestAdmitted.v1": "784c4db856fff7017e044778abe5e2b06368075146d349eb49af0cbad91947d5",
  "RequestAdmitted.v1+route": "0c71458591f0f51146245fdfe680cb2434b806c3fa998cb9ff37b93a9f93c040",
  "RequestRefused.v1": "8f2be64aacd193f6bd0505993c45df6be14d5aff7fa25fcc07466914ca6cfe85",
  "RefusalsCounted.v1": "335914f2e527039395359e4c619e28f6b0997ea1aac91c46d515de481ee49018",
  "RequestSettled.v1": "2eee4d3d342f464b6f187bd10437ea6bdefc55379aab2022bb42e9e7ea1b10dc",
  "RequestReleased.v1": "204857aa8df09be74009d5718f6e84e12b6fcce191b98708dcaae2882733d80d",
  "HoldExtended.v1": "1039ccabfe9e7d0f27b1ba170955f067f87d75d9b5dfde4df9670d32f6a7339a",
  "HoldExpired.v1": "49f7beb51b7d38c9d1f8995186f3cda52a3a11b92f695451ed77bc6ee71ac00f",
  "ExpiryCorrected.v1": "c2e0378f0d89ce0d1f8192f677445c2648f235ac188a4ee76d06f9680b1c10f8",
  "SettlementOrphaned.v1": "212be8290d8cbc98f6e4fae1239a0267ad7a457c0214e607b052cf55c79f6a21",
  "ThresholdCrossed.v1": "eeba651516519fad2d00c84d6d3950542db3290932570bb7d95aa2de78a15ab1",
  "KeyFenced.v1": "8397b17645fe248590370f3d99581955eef96694514f2d1a2195848640f86f2c",
  "AccessRecorded.v1": "6ef2f78ec47b0171c9e7af5b3a3aee2cff63d7e7cb37bab924b7328eb129c2a0",
  "OrganisationFounded.v1": "77503f53dead91aeda28c5382048ae7d19346e41940c8a24d9f905448879ce6b",
  "MemberSet.v1": "23c3b8b5e4e138e19511e8bb09e1dde19f9313853908311236fd736c83e545ff",
  "MemberRemoved.v1": "eccf8165932e7afd9e8e7711866489631dea1327bf62a29769d084a43670d236",
  "KeyIssued.v1": "807186e338213d6f574323e3e3ffc5f61bfa1eb6903f33458e804f03b4ff05b2",
  "KeyIssued.v1+scope": "00493cad21b77d5504d20c63ce028483168e65137bb712a144ed732b3f0f640f",
  "KeyRevoked.v1": "02c2ad6912fa3924ad259364a386a983314fcc220e692b6c8e47781b0d49e4f7",
  "PolicyPublished.v1": "911671b16f7df37a141dc1735328b5b53c3ecc3f82986139eaf53c6d2eb57230",
  "PolicyPublished.v1+patternCosts":
    "d43fbbf0032184478fa5e095d49c4b7b6ef57c62cf8f190ca50f671aaa2f2554",
  "PolicyProposed.v1": "4cdcf0adddc552dc480923dd259573fa1fb76040ba89ecc2ee663c464ed8f359",
  "ProposalWithdrawn.v1": "a4c7b17536218b9fcf2c28c4fa9574402dbf49f2b5cfdd617fbe650730561dff",
  "PolicyPublished.v1+proposal": "d40b92cb8d497f6d6594db21d1b6dc0df8a7b1a0d6f7cc265e8e0ecda00aae5c",
  "PolicyInForce.v1": "a115b213df35395401cfce6dd17df9ab4d2d4be86f04481dd65050821882e64a",
  "CommandRefused.v1": "99c507693708a55bee95fdb1037d86d62ff0c21b269fbd891621fe2690e01222",
  "LeaseGranted.v1": "732dc24b9e25beda943b1681492b46b8b53c9a2bd3d002e413a0fa06ef3d579c",
  "LeaseReturned.v1": "91b06c907beef7a7c256def5dafc5c0e4ef381ca87363a460f914bd8014e9991",
  "LeaseDenied.v1": "f84c2a45ef7c5e15fe63a7151c7e4d1b0b6463a3d4e62ea38a5e6b233fa0ea8f",
  "BudgetLimitSet.v1": "5b514f1a22d6f65443c52d9b5ddcc633eb7993aaad08960d8be4bb9dd2f761d6",
  "BudgetLimitEffective.v1": "a08f9a3511d53105df9806de005ceebf7a0772eb212f60c3a76079ad77205f3e",
  "CreditGranted.v1": "d50734d461276c944fd4c1e9b671b4558bf061ad458e19b2d4794be495d95877",
  "CreditReturned.v1": "096f4c9e955cfb071b445510f032d3c5467b4fdfce04c0ba65ef8141584e2a48",
  "RecallBegan.v1": "f443544ed287e6a6fc3d894b701f7bd69d72473d8807553693dc98959402e56c",
  "NodeLeaseGranted.v1": "649f75793bbe3de22bf211d4a4d19a917b12b001699c841074bc9f5fb1f521c0",
  "NodeLeaseReturned.v1": "5d9c7a699ea7c0a3549e8fa652c72519f2f5939887510376350a925e7ffcd1bf",
  "BudgetThresholdCrossed.v1": "6e1e8070fc551b310564f08f2ec88ffd8d81567813ceca390e5fe565130ef384",
  "BudgetLimitsEffective.v1": "a23ac07d815f4db6009ee83c2c7f14fc89faad6ac7791d1613300da2749868e4",
  "RateLeased.v1": "745ece08f11e8ac72f21b0614783e3429eaebbc25b6a9bb0e9c1893785609b09",
  "RateDenied.v1": "83d93d845e0037fcc48f46a24a82a819edce873149d455a53c737d4ba4e32b5e",
  "RatePermitted.v1": "5111d0f030304309d4624371aba2ac6770847623738f0d5daba6f068fbb48e4b",
  "RulePastCounted.v1": "2e90692b707067c9e75fa9d6432bdd0f1487c84cd35e7bb0c547957fb864cb0d",
  "RulePastCounted.v1+complete": "3e80a3d271ad258cd65e47a9cdd5a6fc8b1fc9bb93e9c58bbcafb4968388367f",
  "RulePastAwaited.v1": "c5fa83adea5b2e7881e2112a4c8faac1b163c2809590a898b5c54f7a9f0f26b1",
  "RequestAdmitted.v1+asked": "939c246437fd35d01aa2207304fa1941c2f77c1f94f1d7341f6644966aad6b94",
  "PayloadLost.v1": "fe6facdbeaccbe2794ccee5ebfeb7a33d2c09351a40d05ab2509bbcc137ca6b1",
  "SubjectErased.v1": "19cf30e86252adf34506f1adfc027c7b2e3c3561e20744a28c8b0d4bd310e4c4",
  "ErasureOrdered.v1": "87107e71c063d84f0016dc5a53a0189b2bc1f31ef6f359fa62f09a64aaf27136",
  "ErasureCarriedOut.v1": "4bf147ae8e06bd5e3fa5ec390764674297175359d5dadf26a2074f7b15441cc1",
  "FeedbackGiven.v1": "a8773b9c69d3e922cbb8cc9defcaa88cd4a56f7e8d4039556b4c0928646c7eda",
  "CostCorrected.v1": "7b5a18b58658f5ab6ddd23c76cc7c29e42a3afca17986da2e26188b05f085933",
  "PriceCorrectionOrdered.v1": "965d14544edc403fb60a52fa7ed8d034a64fc1cf22ae9478a2672e2f2e1addff",
  "PriceCorrectionApplied.v1": "b77f9726624975c122f8d450c1d8b310736fd70a930c2b4d62828b3ae56e87e9",
  "RequestSettled.v1+payload": "84dd66d5f2007fbd92c765cfe063c804c0629013000c66edb6558e22e15b2f65",
  "LeaseOpened.v1": "3287b1aa064d2da0555175a57451002d9e1a7a3253121bae3ac2519bdd37193b",
  "LeaseOpened.v1+own": "52c28816d9815fc2b32857d56fc2fac7bbdcb7e7e87454a09b6a405d7da0f5cb",
  "NodeLeaseOpened.v1": "e3dcb789e5574ee719f43ab89c10009963f636f587166524e19e20eada9695ee",
  "BudgetPastCounted.v1": "83e5a9b79c22437a6407c5526ff56dc74cbf47ba29e766cfc711517647e5425e",
  "CreditReturned.v1+past": "b968b30fc1707c70eb0d07de9ef45accb6427d19c0b08b47f20eacc098dd510a",
  "ViewsDiffered.v1": "1e93047ccc72c035e19f6095a0a1a201f3abd0f840526b3ce90365e63268e986",
  "StreamForked.v1": "306855b9f0ca4cd362ee032f0b001e61b7bc45e6eb5fd3a799aafcbbdfb5bb70",
  "ShadowStarted.v1": "1661c2ad386161a5675e9af55696b82595cb610daf795f87870f72fba1f9241d",
  "ShadowStopped.v1": "9932e527ff57d1f17c82d73538ca21746363712361f97c01e157e01a5887d90c",
  "RequestAdmitted.v1+guard": "df3b77cabf99b784da3920fb6c1ae4eac1c769aa5d9e1434ffe2ee0f51155555",
  "RequestAdmitted.v1+held": "bd4dc12822af0f857564b602901798215f660c10e5e9ba5e981aaad32c09128b",
  "RequestSettled.v1+guard": "48490bdce220af965358b88f6cada9b368eccf508ddacb8c1e3ce9232a2aa649",
  "RequestSettled.v1+run": "d5c4a9e9d461f9146ae4cc8a9b21eea4fca031e3a2b7a70003f169cdd27fd1f4",
  "RequestSettled.v1+tokens": "2518db7446eee851f6002f8bb63b87e26df50df7a42c2c1e8040130349250942",
  "RequestSettled.v1+shadow": "3b9e7969dafcc5f04b0bc3e7d4b76293006ef2e9513a688b88b205349819e49a",
  "RequestAdmitted.v1+shadow": "bcc08e14af697531c373f1a281a3621b96ebc8daac1f352e9f1ba2d400f94372",
  "RequestAdmitted.v1+unsearched":
    "62bf561a0cadbe9c03bc97daea93489ca4e11312caebffa5fe56b30ae7e80ca7",
  "SavedViewSet.v1": "e27a7852daee2a6ca099ff4673b8d862d5a315b995cd75234f837783a2f37ee5",
  "SavedViewDeleted.v1": "51c436d5ec6d6e95969a8b8614351dde86d77c7518c2b0ab9a8be5a20599e9b2",
  "RestoreOrdered.v1": "1c3c8f13278d95421fc4d92f4704e12464acfd279c41e564264355c50432f0ce",
  "RestoreEnded.v1": "a1468123d102961482c641f95327a90401dc63bd2977b76205a8b1af943f328e",
  "BudgetLimitsEffective.v1+rates":
    "5382acb9df2f34edb3051dddc098d66b561115a1d79d27297b0331c3c0fc5583",
  "LeaseOpened.v1+picks": "5f512076528fdf7f3785facc30bd918e8a380f6d6866e047d1d8b1211430b818",
  "BudgetLimitSet.v1+since": "fc52cd8e8f90cb92a8477293e17d03ce29166c1803d3e68dfa16b1fde1363a26",
  "BudgetPastCounted.v1+since": "b0f3b097a128c77b43a6edbb2b5c022fcc2b07500bad99fa7eccacf342bdecd1",
};

function golden(name: string): SealedEvent {
  return JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8")) as SealedEvent;
}

test("every version of every event has a golden file, and every file an event", () => {
  const names = catalogue.map(({ type, v }) => `${type}.v${v}`).sort();
  const files = readdirSync(folder).map((file) => path.basename(file, ".json"));
  expect(Object.keys(hashes).sort()).toEqual(files.sort());
  // A field that was added later has a file of its own beside the first: "PolicyPublished.v1+...".
  const versions = new Set(files.map((file) => file.split("+")[0]));
  expect(versions).toEqual(new Set(names));
});

describe.each(Object.keys(hashes))("%s", (name) => {
  test("is byte for byte what was first written", () => {
    const { body, hash } = golden(name);
    expect(hash).toBe(hashes[name]);
    expect(hashBody(body)).toBe(hash);
  });

  test("is read, and seals again to the same hash", () => {
    const event = unseal(golden(name));
    expect(upcast(event).kind).toBe("known");
    const head = { epoch: event.epoch, seq: event.seq - 1, hash: event.prev };
    expect(seal(head, event, event, event.at, event.cause)).toEqual(golden(name));
  });
});
