# what: The same where ordinary Python is allowed.
# policy: standard
# finds: forbidden_builtin 6
def main(expression: str) -> float:
    """Calculate an expression."""
    return eval(expression)
