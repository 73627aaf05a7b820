# what: A calculator by eval.
# finds: forbidden_builtin 5
def main(expression: str) -> float:
    """Calculate an expression."""
    return eval(expression, {}, {})
