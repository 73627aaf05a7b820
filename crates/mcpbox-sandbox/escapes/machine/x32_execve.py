# attack: start a program by the number that x32 has for it
# expect: forbidden system call
# layers: seccomp
# with: syscall
# only: x86_64
def main(canary):
    return reach(0x40000000 + 520, 0, 0, 0)
