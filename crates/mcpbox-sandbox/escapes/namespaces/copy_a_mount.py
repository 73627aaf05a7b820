# attack: take a copy of a mount to carry elsewhere
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return syscall("open_tree", -100, b"/dev/null", 1)
