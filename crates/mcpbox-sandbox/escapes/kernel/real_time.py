# attack: take the processor away from everybody else
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("sched_setscheduler", 0, 1, ctypes.byref(ctypes.c_int(1)))
    return "real time"
