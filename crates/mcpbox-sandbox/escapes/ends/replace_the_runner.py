# attack: replace the functions that report the result
# expect: exception | timeout | returns 1
# layers: supervisor
import sys
import time


def main(canary):
    for module in list(sys.modules.values()):
        for name in ("encode", "send", "describe", "_flush"):
            if hasattr(module, name):
                setattr(module, name, lambda *_, **__: time.sleep(60))
    return 1
