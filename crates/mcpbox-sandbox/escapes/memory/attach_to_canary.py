# attack: attach to a process outside the jail as a debugger
# expect: EPERM
# layers: namespaces landlock seccomp
# with: syscall
def main(canary):
    syscall("ptrace", 0x4206, canary["pid"], 0, 0)
    return "attached"
