# attack: use up memory as files that exist in memory only
# expect: EPERM
# layers: seccomp limits
import os


def main(canary):
    os.truncate(os.memfd_create("bomb"), 300 << 20)
    return "made"
