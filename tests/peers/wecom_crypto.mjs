// Does what each line of standard input asks of @wecom/crypto, and writes a line of JSON for each.
import { createInterface } from "node:readline";
import wecom from "@wecom/crypto";

const operations = {
  sign: ({ token, timestamp, nonce, encrypted }) => wecom.getSignature(token, timestamp, nonce, encrypted),
  encrypt: ({ key, message, id }) => wecom.encrypt(key, message, id),
  decrypt: ({ key, encrypted }) => {
    const { message, id } = wecom.decrypt(key, encrypted);
    return { message: message.toString(), id: id.toString() };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, ...given } = JSON.parse(line);
  console.log(JSON.stringify(operations[operation](given)));
}
