// Sends events with npm @segment/analytics-node, unchanged. Input: one JSON object {writeKey, host, count, user};
// output: one JSON object {sent, errors}.
import { readFileSync } from "node:fs";
import { Analytics } from "@segment/analytics-node";

const { writeKey, host, count, user } = JSON.parse(readFileSync(0, "utf8"));
const analytics = new Analytics({ writeKey, host, maxEventsInBatch: 7, flushInterval: 50 });
const errors = [];
let sent = 0;
analytics.on("error", (error) => errors.push(String(error.code ?? error)));
analytics.on("http_response", () => (sent += 1));

analytics.identify({ userId: user, anonymousId: `anonymous-${user}`, traits: { name: "韩梅梅", email: "Han@Example.com" } });
for (let number = 0; number < count; number += 1) {
  analytics.track({ userId: user, event: "Product Viewed", properties: { productId: `p${number}`, note: "😀".slice(0, 1) } });
}
await analytics.closeAndFlush();
console.log(JSON.stringify({ sent, errors }));
