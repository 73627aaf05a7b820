# attack: ignore every signal and go on after the time is up
# expect: timeout
# layers: supervisor
import signal
import time


def main(canary):
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(60)
