# attack: call the kernel by the numbers of x32, a second set that filters forget
# expect: forbidden system call
# layers: seccomp
# with: syscall
# only: x86_64
def main(canary):
    return syscall(0x40000000 + 39)
