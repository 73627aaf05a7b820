# attack: leave a mark for other calls, and for the host, in the time stamps of /dev/null
# expect: EPERM | EROFS
# layers: root seccomp
import os


def main(canary):
    os.utime("/dev/null")
    return "touched"
