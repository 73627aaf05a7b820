# attack: install a filter of one's own, or a listener that answers calls
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("seccomp", 1, 8, 0)
