# attack: let the zygote trace this process, so that each signal stops it there
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    syscall("ptrace", 0, 0, 0, 0)
    return "traced"
