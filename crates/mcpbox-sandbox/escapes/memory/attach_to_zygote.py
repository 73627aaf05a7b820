# attack: attach to the zygote as a debugger
# expect: EPERM
# layers: landlock seccomp capabilities
# with: syscall
def main(canary):
    syscall("ptrace", 0x4206, os.getppid(), 0, 0)
    return "attached"
