# attack: find processes outside by asking for their scheduling
# expect: ESRCH | EPERM
# layers: namespaces
# open in tier 2: which process numbers are in use
import os


def main(canary):
    return os.sched_getscheduler(canary["pid"])
