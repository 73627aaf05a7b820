# attack: move a mount
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("move_mount", -1, b"", -1, b"", 0)
