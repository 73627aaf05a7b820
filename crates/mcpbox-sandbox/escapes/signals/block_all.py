# attack: block every signal in every thread and go on after the time is up
# expect: timeout
# layers: supervisor
import signal
import time


def main(canary):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        time.sleep(60)
