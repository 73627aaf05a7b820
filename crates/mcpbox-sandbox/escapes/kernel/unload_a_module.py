# attack: take code out of the kernel
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("delete_module", b"there-is-no-such-module", 0o4000)
