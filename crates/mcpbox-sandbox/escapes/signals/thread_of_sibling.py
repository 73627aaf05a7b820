# attack: signal a thread of another call, by a call that takes no process
# expect: EPERM
# layers: landlock seccomp
# with: syscall
def main(canary):
    syscall("tkill", canary["sibling"]["pid"], 10)
    return "signalled"
