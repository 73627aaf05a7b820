# attack: leave a thread behind that keeps the process alive after the answer
# expect: returns "done"
# layers: supervisor
import threading
import time


def main(canary):
    threading.Thread(target=time.sleep, args=(60,)).start()
    return "done"
