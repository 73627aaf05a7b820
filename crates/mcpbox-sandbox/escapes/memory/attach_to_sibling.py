# attack: attach to another call as a debugger
# expect: EPERM
# layers: landlock seccomp capabilities
# with: syscall
def main(canary):
    syscall("ptrace", 0x4206, canary["sibling"]["pid"], 0, 0)
    return "attached"
