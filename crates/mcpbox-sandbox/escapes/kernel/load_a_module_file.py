# attack: load code into the kernel from a file
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("finit_module", -1, b"", 0)
