# attack: make a process with garbage in the upper half of the flags
# expect: EPERM | EINVAL
# layers: seccomp
# with: syscall
def main(canary):
    if syscall("clone", 1 << 40 | 17, 0, 0, 0, 0) == 0:
        os._exit(0)
    return "forked"
