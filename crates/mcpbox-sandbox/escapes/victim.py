"""Another call, beside which the hostile ones run: tells where its secret lies, then that it lives, and of every signal."""

import json
import os
import signal
import time


def main(secret):
    kept = secret.encode()
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT, signal.SIGXCPU, 32, 33}:
        signal.signal(number, lambda number, _: ctx.log(json.dumps({"touched": f"signal {number}"})))
    ctx.log(json.dumps({"pid": os.getpid(), "address": id(kept) + 32, "length": len(kept)}))
    while kept == secret.encode():
        time.sleep(0.2)
        ctx.log(json.dumps({"alive": True}))
    return "changed"
