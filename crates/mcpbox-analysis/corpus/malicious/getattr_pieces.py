# what: The function's name is put together out of pieces.
# policy: standard
# finds: computed_attribute 9
import builtins


def main(text: str) -> str:
    """Evaluate a template."""
    run = getattr(builtins, "ev" + "al")
    return str(run(text))
