# attack: lock /dev/null, whose lock is shared with other calls and with the host
# expect: returns "no lock"
# layers: seccomp
import fcntl


def main(canary):
    first, second = open("/dev/null"), open("/dev/null")
    fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "locked for everybody"
    return "no lock"
