# attack: become root
# expect: EPERM | EINVAL
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("setuid", 0)
    return "root"
