# attack: reach single ports of devices
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
# only: x86_64
def main(canary):
    return syscall("ioperm", 0x80, 1, 1)
