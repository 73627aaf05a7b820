# attack: rename the machine
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("sethostname", b"x", -1)
