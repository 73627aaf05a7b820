# attack: the same with garbage in the upper half of the command, which the kernel drops and a careless filter compares
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("ioctl", 0, 1 << 32 | 0x5412, b"x")
