# attack: count events of the processor, a side channel and a frequent source of holes
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    attributes = (ctypes.c_uint32 * 32)(1, 128, 0, 0)
    attributes[10] = 0b1100000  # user space only
    return reach("perf_event_open", ctypes.byref(attributes), 0, -1, -1, 0)
