# what: Burns the processor until a time comes.
# finds: busy_loop 9
import time


def main(seconds: float) -> str:
    """Wait a little."""
    end = time.time() + seconds
    while time.time() < end:
        pass
    return "done"
