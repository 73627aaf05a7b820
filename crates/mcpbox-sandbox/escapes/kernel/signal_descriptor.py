# attack: take signals as data
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    mask = ctypes.c_uint64(0)
    return syscall("signalfd4", -1, ctypes.byref(mask), 8, 0)
