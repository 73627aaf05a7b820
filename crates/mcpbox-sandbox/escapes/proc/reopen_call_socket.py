# attack: open the call's socket and pipe anew with other rights
# expect: ENOENT | EACCES
# layers: root capabilities
# open in tier 2: its own output
import os


def main(canary):
    return os.open("/proc/self/fd/1", os.O_RDONLY | os.O_NONBLOCK)
