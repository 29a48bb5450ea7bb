#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""join_verdicts.py QUESTIONS ANSWERS: the oracle's answers, each with the bytes that were asked about."""

import json
import sys


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as questions, open(sys.argv[2], encoding="utf-8") as answers:
        for question_line, answer_line in zip(questions, answers, strict=True):
            question, answer = json.loads(question_line), json.loads(answer_line)
            for key in ("message", "version"):
                if question[key] != answer[key]:
                    sys.exit(f"{sys.argv[2]}: the answers do not follow the questions: {answer_line}")
            print(json.dumps(question | answer, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()
