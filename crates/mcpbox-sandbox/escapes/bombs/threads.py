# attack: start as many threads as the machine can bear
# expect: RuntimeError | memory
# layers: limits
import threading
import time


def main(canary):
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return "200 threads"
