# attack: change which rights come with being root
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("prctl", 28, 0, 0, 0, 0)
    return "changed"
