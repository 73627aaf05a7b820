# attack: talk to another call through a POSIX message queue
# expect: EPERM
# layers: landlock seccomp
# with: syscall
def main(canary):
    queue = syscall("mq_open", canary["name"].encode(), 0o102, 0o600, 0)
    _libc.mq_unlink(b"/" + canary["name"].encode())
    return queue
