# attack: make timers as descriptors
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("timerfd_create", 1, 0)
