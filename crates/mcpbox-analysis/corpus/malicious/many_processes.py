# what: Processes without end, by multiprocessing.
# policy: standard
# finds: powerful_module 5
# finds: process_start 15
from multiprocessing import Process


def work(n: int) -> None:
    print(n)


def main() -> str:
    """Compute in parallel."""
    for n in range(100000):
        Process(target=work, args=(n,)).start()
    return "started"
