# attack: become the parent of orphaned processes in place of the zygote
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    syscall("prctl", 36, 1, 0, 0, 0)
    return "adopted"
