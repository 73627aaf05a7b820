# attack: signal a thread of another call, by the call that names both
# expect: EPERM
# layers: landlock seccomp
# with: syscall
def main(canary):
    pid = canary["sibling"]["pid"]
    syscall("tgkill", pid, pid, 10)
    return "signalled"
