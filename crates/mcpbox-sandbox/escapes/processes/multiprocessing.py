# attack: start a worker process
# expect: EPERM | ENOENT | EACCES | ENOSYS | ImportError
# layers: seccomp
import multiprocessing
import os


def main(canary):
    worker = multiprocessing.get_context("fork").Process(target=os._exit, args=(0,))
    worker.start()
    worker.join()
    return "started"
