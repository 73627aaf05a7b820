# attack: open a file of the host with openat2, whose flags a filter cannot see
# expect: ENOSYS
# layers: root landlock seccomp
# with: syscall
def main(canary):
    how = (ctypes.c_uint64 * 3)(0, 0, 0)
    fd = syscall("openat2", -100, canary["private"].encode(), ctypes.byref(how), ctypes.sizeof(how))
    return os.read(fd, 100).decode()
