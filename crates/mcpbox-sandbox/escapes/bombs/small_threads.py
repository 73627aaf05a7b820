# attack: start threads so small that memory does not stop them
# expect: RuntimeError | memory
# layers: limits cgroup
import _thread
import time


def main(canary):
    _thread.stack_size(32768)
    for _ in range(5000):
        _thread.start_new_thread(time.sleep, (60,))
    return "5000 threads"
