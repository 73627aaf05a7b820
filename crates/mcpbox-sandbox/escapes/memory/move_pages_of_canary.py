# attack: move or locate the pages of another process
# expect: EPERM
# layers: namespaces landlock seccomp
# with: syscall
def main(canary):
    page, status = ctypes.c_uint64(canary["address"] & ~4095), ctypes.c_int()
    return syscall("move_pages", canary["pid"], 1, ctypes.byref(page), 0, ctypes.byref(status), 0)
