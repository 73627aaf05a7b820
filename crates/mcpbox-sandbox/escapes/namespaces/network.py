# attack: enter a network namespace of one's own and attack the kernel's network code from there
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("unshare", 0x40000000)
    return "entered"
