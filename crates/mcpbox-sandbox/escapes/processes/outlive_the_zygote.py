# attack: ask the kernel not to end this process with its parent
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    syscall("prctl", 1, 0, 0, 0, 0)
    return "will outlive it"
