# attack: talk to another call through a System V message queue
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    queue = syscall("msgget", 0, 0o1600)
    _libc.msgctl(queue, 0, None)
    return queue
