// Reads {"sets": [{"size", "rules": [{"key", "tag", "score"}]}], "facts": [{...}], "seconds"} from standard input, and
// writes one line of JSON for each set: {"size", "seconds" (for one event), "matches", "events"}. Asked by tests/bench.
import { Engine } from "json-rules-engine";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { sets, facts, seconds } = JSON.parse(Buffer.concat(chunks).toString());

for (const { size, rules } of sets) {
  const engine = new Engine();
  rules.forEach(({ key, tag, score }, number) =>
    engine.addRule({
      conditions: {
        all: [
          { fact: "key", operator: "equal", value: key },
          { fact: "tags", operator: "doesNotContain", value: tag },
          { fact: "score", operator: "greaterThan", value: score },
        ],
      },
      event: { type: `r${number}` },
    }),
  );
  const questions = facts[size];
  await engine.run(questions[0]); // the first run sorts the rules
  const rounds = [];
  let matches = 0;
  let events = 0;
  const until = performance.now() + seconds * 1000;
  while (events < questions.length && performance.now() < until) {
    const started = performance.now();
    const stop = started + (seconds * 1000) / 10;
    let done = 0;
    while (events < questions.length && performance.now() < stop) {
      matches += (await engine.run(questions[events])).events.length;
      events += 1;
      done += 1;
    }
    if (done) rounds.push((performance.now() - started) / 1000 / done);
  }
  rounds.sort((a, b) => a - b);
  process.stdout.write(JSON.stringify({ size, seconds: rounds[rounds.length >> 1], matches, events }) + "\n");
}
