# attack: learn process, user and group of the process at the other end of the call socket
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    credentials, size = (ctypes.c_int * 3)(), ctypes.c_uint32(12)
    syscall("getsockopt", 3, 1, 17, ctypes.byref(credentials), ctypes.byref(size))
    return list(credentials)
