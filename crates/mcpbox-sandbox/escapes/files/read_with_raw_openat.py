# attack: read a file of the host with a raw openat, past Python's audit hooks and libc
# expect: ENOENT | EACCES
# layers: root landlock
# with: syscall
def main(canary):
    fd = syscall("openat", -100, canary["private"].encode(), 0, 0)
    return os.read(fd, 100).decode()
