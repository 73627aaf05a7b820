# attack: enter a pid namespace of one's own
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("unshare", 0x20000000)
    return "entered"
