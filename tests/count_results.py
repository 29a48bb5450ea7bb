# SPDX-License-Identifier: Apache-2.0
"""Prints "PASSED FAILED" for a meson testlog.json; a log that is not there counts as one failure."""
from __future__ import annotations

import json
import sys

PASSING = {"OK", "EXPECTEDFAIL", "SKIP"}

try:
    with open(sys.argv[1], encoding="utf-8") as log:
        results = [json.loads(line)["result"] for line in log]
except OSError:
    results = ["missing"]
print(sum(result in PASSING - {"SKIP"} for result in results), sum(result not in PASSING for result in results))
