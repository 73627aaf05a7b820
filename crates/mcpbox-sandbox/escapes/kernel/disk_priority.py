# attack: get more of the disk than others
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("ioprio_set", 1, 0, 1 << 13 | 0)
    return "raised"
