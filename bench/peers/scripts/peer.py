"""What the scripts have in common: equal values on both sides, and the protocol.

A peer prints a line of JSON when it is ready, and one for each line that it reads:

    time NAME RUNS   {"seconds": …}    RUNS runs of a case, without what prepares them
    check NAME       {"values": {…}}   what the case computes, to be compared
    memory           {"peak": …}       the most bytes held so far

or {"error": …}. It ends with its input.
"""

import json
import os
import sys
import time

import numpy as np

# What libraries print goes to standard error.
_out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def _hashes(stream, lo, hi):
    """SplitMix64 of the numbers lo … hi−1 of a stream."""
    with np.errstate(over="ignore"):
        x = (np.arange(lo + 1, hi + 1, dtype=np.uint64) + np.uint64(stream << 40)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def numbers(stream, n, sd):
    """n float32 of standard deviation sd, each the sum of four uniform integers."""
    out = np.empty(n, np.float32)
    for lo in range(0, n, 1 << 20):
        h = _hashes(stream, lo, min(lo + (1 << 20), n))
        total = sum(((h >> np.uint64(s)) & np.uint64(0xFFFF)).astype(np.int64) for s in (0, 16, 32, 48))
        out[lo : lo + len(h)] = (total - 131070).astype(np.float32) * np.float32(sd / 37837)
    return out


def indices(stream, n, v):
    """n int64 below v."""
    return (((_hashes(stream, 0, n) >> np.uint64(32)) * np.uint64(v)) >> np.uint64(32)).astype(np.int64)


class Case:
    """Something to time. `before` puts back what a run changes, and is not timed."""

    def __init__(self, run, check=dict, before=None):
        self.run, self.check, self.before = run, check, before

    def seconds(self, runs):
        total = 0.0
        for _ in range(runs):
            if self.before:
                self.before()
            start = time.perf_counter()
            self.run()
            total += time.perf_counter() - start
        return total


def peak():
    """The most memory that the process has held, in bytes: getrusage would count that
    of the one who started it, too."""
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM:")) * 1024


def serve(versions, cases):
    """Says that the peer is ready, and does what it is told."""

    def reply(o):
        print(json.dumps(o), file=_out, flush=True)

    def answer(words):
        if words == ["memory"]:
            return {"peak": peak()}
        if words[0] == "time":
            return {"seconds": cases[words[1]].seconds(int(words[2]))}
        if words[0] == "check":
            case = cases[words[1]]
            if case.before:
                case.before()
            return {"values": {k: float(v) for k, v in case.check().items()}}
        raise ValueError("unknown request")

    reply({"versions": versions, "peak": peak()})
    for line in sys.stdin:
        try:
            reply(answer(line.split()))
        except Exception as e:
            reply({"error": f"{line.strip()}: {type(e).__name__}: {e}"})
