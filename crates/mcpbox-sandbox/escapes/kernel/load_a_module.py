# attack: load code into the kernel
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("init_module", 0, 0, b"")
