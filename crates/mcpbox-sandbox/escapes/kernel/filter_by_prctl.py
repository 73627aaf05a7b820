# attack: the same by prctl
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("prctl", 22, 2, 0, 0, 0)
