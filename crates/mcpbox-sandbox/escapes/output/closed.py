# attack: close or replace the streams the runner flushes
# expect: returns "true"
# layers: supervisor
import sys


def main(canary):
    sys.stdout.close()
    sys.stderr = None
    return "true"
