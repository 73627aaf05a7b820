# attack: compute for ever and ignore the signal that says so
# expect: cpu
# layers: limits supervisor
import signal


def main(canary):
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass
