# attack: signal another call with garbage in the upper half of the number, which the kernel drops and a careless filter compares
# expect: EPERM
# layers: landlock seccomp
# with: syscall
def main(canary):
    syscall("kill", canary["sibling"]["pid"] | 1 << 32, 10)
    return "signalled"
