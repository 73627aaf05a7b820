# attack: signal a process outside through a handle on it
# expect: EPERM
# layers: namespaces landlock seccomp
# with: syscall
def main(canary):
    syscall("pidfd_send_signal", syscall("pidfd_open", canary["pid"], 0), 10, 0, 0)
    return "signalled"
