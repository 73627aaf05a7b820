# attack: set the clock
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    never = (ctypes.c_int64 * 2)(0, -1)
    return reach("clock_settime", 0, ctypes.byref(never))
