# attack: become another user
# expect: EPERM | EINVAL
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("setresuid", 1, 1, 1)
    return "somebody"
