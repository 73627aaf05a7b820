# attack: crash the process
# expect: crashed
# layers: supervisor
import ctypes


def main(canary):
    ctypes.string_at(0)
