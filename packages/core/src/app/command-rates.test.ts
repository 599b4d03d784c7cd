import assert from "node:assert/strict";
import { it } from "node:test";
import { ProblemError } from "../domain/problem-error.ts";
import { CommandRates } from "./command-rates.ts";

const rate = { times: 2, seconds: 60 };

for (const language of ["en", "ru"] as const)
  it(`allows a command so often and refuses one more until a use is over (${language})`, () => {
    const clock = { ms: 1_000_000 };
    const rates = new CommandRates({ language, now: () => clock.ms });
    const use = (principal = "token:a", command = "echo"): void =>
      rates.count(principal, command, rate);
    use();
    clock.ms += 10_000;
    use();
    assert.throws(
      () => use(),
      (error) => {
        assert.ok(error instanceof ProblemError);
        assert.deepEqual(
          [error.problem.code, error.problem.retryAfterSeconds],
          ["busy", 50],
          "until the oldest use is a minute ago",
        );
        assert.match(error.problem.detail ?? "", language === "en" ? /2 times in 60 s/ : /2 раз/);
        return true;
      },
    );
    use("token:b");
    use("token:a", "mirror");
    clock.ms += 49_999;
    assert.throws(() => use());
    clock.ms += 1;
    use();
    assert.throws(() => use(), "the second use still counts");
  });
