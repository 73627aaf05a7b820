# attack: reach devices past the kernel
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
# only: x86_64
def main(canary):
    return syscall("iopl", 3)
