# attack: enter a user namespace of one's own, with every capability there
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    syscall("unshare", 0x10000000)
    return "entered"
